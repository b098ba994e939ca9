"""`JsonStore`: a small JSON file of values by name, shared by all podtops of a user and changed atomically."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec

from tui.files import atomic, file_lock, private, reading

T = TypeVar("T")


class StoreError(Exception):
    """The file cannot be read or saved. `str()` says why, for users."""


class JsonStore(Generic[T]):
    """One file. Methods block, for milliseconds: it is small.

    kind: the type of the values; name: what they are called, in the plural; loss: what a damaged file means, as text.
    """

    def __init__(self, path: Path, kind: Any, name: str, loss: str) -> None:
        self.path = path
        self._type = dict[str, kind]
        self._what = name
        self._loss = loss
        self._seen: tuple[int, int] | None = None
        self._all: dict[str, T] = {}

    def all(self) -> Mapping[str, T]:
        """All values by name; read again if another podtop changed them. Raises StoreError."""
        try:
            stat = self.path.stat()
            stamp = (stat.st_mtime_ns, stat.st_ino)
            if stamp != self._seen:
                self._all = msgspec.json.decode(reading.own(self.path), type=self._type)
                self._seen = stamp
        except FileNotFoundError:
            self._all, self._seen = {}, None
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise self._set_aside(error) from None
        except OSError as error:
            raise StoreError(f"cannot read the {self._what} in {self.path}: {error.strerror or error}") from None
        return self._all

    def put(self, name: str, thing: T) -> None:
        with self.changed() as things:
            things[name] = thing

    def drop(self, name: str) -> None:
        with self.changed() as things:
            things.pop(name, None)

    def swap(self, name: str, old: T, new: T) -> bool:
        """Replace exactly `old` with `new`, on the disk; False if it was changed in the meantime."""
        with self.changed() as things:
            if things.get(name) != old:
                return False
            things[name] = new
            return True

    @contextmanager
    def changed(self) -> Iterator[dict[str, T]]:
        """Read the values, yield them for changes, and write them, while no other podtop does."""
        try:
            private.folder(self.path.parent)
            lock = file_lock.wait_for(self.path.with_suffix(".lock"))
            try:
                before = dict(self.all())
                things = dict(before)
                yield things
                if things != before:
                    lock.check()
                    atomic.write(self.path, msgspec.json.encode(things))
            finally:
                lock.close()
        except OSError as error:
            raise StoreError(f"cannot save the {self._what} to {self.path}: {error.strerror or error}") from None

    def _set_aside(self, error: Exception) -> StoreError:
        """Rename a damaged file: it is never deleted."""
        aside = self.path.with_name(f"{self.path.name}.damaged")
        try:
            self.path.rename(aside)
        except OSError as trouble:
            return StoreError(f"the {self._what} in {self.path} are damaged: {trouble.strerror or trouble}")
        return StoreError(f"the {self._what} were damaged ({error}) and moved to {aside}: {self._loss}")


class ProcessClaim:
    """The right to act on the content of a store: one podtop at a time has it, until it ends, however it ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._mine: file_lock.Held | None = None

    def taken(self) -> bool:
        """Whether this podtop has the claim, or just got it. Raises StoreError if the file cannot be created."""
        if self._mine is not None and not self._mine.is_mine():
            self.close()
        if self._mine is None:
            try:
                private.folder(self._path.parent)
                self._mine = file_lock.hold(self._path)
            except OSError as error:
                raise StoreError(f"cannot save {self._path}: {error.strerror or error}") from None
        return self._mine is not None

    def is_elsewhere(self) -> bool:
        """Whether another running podtop has the claim."""
        with suppress(OSError):
            return self._mine is None and file_lock.is_held(self._path)
        return False

    def close(self) -> None:
        if self._mine is not None:
            self._mine.close()
            self._mine = None


def is_claimed(path: Path) -> bool:
    """Whether a running podtop has the claim of this file. An unclaimed file is removed: it belongs to one podtop."""
    try:
        if file_lock.is_held(path):
            return True
    except FileNotFoundError:
        return False
    file_lock.remove(path)
    return False
