"""`podtop export`: a recording as one file that Prometheus and VictoriaMetrics read."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple, cast

from tui.commands.exit_codes import Exit
from tui.commands.stdio import NotWritten, ReaderGone, drop, note, say
from tui.files import private
from tui.history.archive.reader import Recording
from tui.history.archive.schema import ArchiveError, answered
from tui.history.recording_files import NoRecordings, recordings_in
from tui.history.replay_source import ReplayError, choose
from tui.storage.clock_file import now_at

if TYPE_CHECKING:
    from tui.services.exporter.archive import Exported


Write = Callable[[IO[bytes], Path], "Exported"]


class Wanted(NamedTuple):
    """What is requested: of which recording, from when on, which pods, into which file ("-": the output).

    ago: seconds before now; None for all of it.
    """

    recording: str
    ago: float | None
    pods: str
    account: str
    output: str


def export(wanted: Wanted, directory: Path) -> int:
    """Write the recording; returns the exit code. `directory`: podtop's state directory."""
    from tui.services.exporter.archive import Wanted as Selection
    from tui.services.exporter.archive import export as write

    since = 0.0 if wanted.ago is None else now_at(*directory.glob("clock-*.json")) - wanted.ago
    selection = Selection(wanted.account, since, wanted.pods)

    def written(out: IO[bytes], path: Path) -> Exported:
        with answered(), closing(Recording(path)) as recording:
            return write(recording, selection, out)

    try:
        path = choose(wanted.recording or _only(directory), None, directory).path
        done = _to_output(path, written) if wanted.output == "-" else _into_file(Path(wanted.output), path, written)
    except (ReplayError, ArchiveError, NoRecordings) as error:
        say(str(error))
        return Exit.USAGE
    except NotWritten:
        raise
    except OSError as error:
        say(f"cannot write {wanted.output}: {error.strerror or error}. Nothing was written; name another file")
        return Exit.USAGE
    pods = f"{done.pods} pod{'' if done.pods == 1 else 's'}"
    note(f"{done.samples:,} samples of {pods} exported as account {wanted.account}")
    return Exit.OK


def _only(directory: Path) -> str:
    """The one recording that there is. Raises ReplayError: under another account's name, samples would be a lie."""
    recordings = recordings_in(directory)
    if len(recordings) > 1:
        names = ", ".join(map(str, recordings[:5]))
        raise ReplayError(
            f"several accounts are recorded: choose --profile, or a FILE and --account. Recordings: {names}"
        )
    return str(recordings[0]) if recordings else "latest"


class _Output:
    """A stream that remembers why it could not be written: what reads a recording takes each failure for its own."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self.failure: OSError | None = None

    def write(self, data: Any) -> int:
        try:
            return self._out.write(data)
        except OSError as error:
            self.failure = error
            raise

    def flush(self) -> None:
        try:
            self._out.flush()
        except OSError as error:
            self.failure = error
            raise


def _written(write: Write, to: IO[bytes], path: Path) -> Exported:
    """Write it all. Raises OSError if that cannot be written, ArchiveError if the recording cannot be read."""
    out = _Output(to)
    try:
        done = write(cast("IO[bytes]", out), path)
        out.flush()
    except (OSError, ArchiveError):
        if out.failure is None:
            raise
        raise out.failure from None
    return done


def _to_output(path: Path, write: Write) -> Exported:
    try:
        return _written(write, sys.stdout.buffer, path)
    except OSError as error:
        drop(sys.stdout)
        raise (ReaderGone() if isinstance(error, BrokenPipeError) else NotWritten(error)) from None


def _into_file(target: Path, path: Path, write: Write) -> Exported:
    """Write beside a file that does not exist yet, and put it there when it is whole."""
    half = target.with_name(f".{target.name}.{os.urandom(6).hex()}")
    try:
        with os.fdopen(private.open_file(half, os.O_CREAT | os.O_EXCL | os.O_WRONLY), "wb") as out:
            done = _written(write, out, path)
        # Unlike a rename, a link never replaces a file.
        target.hardlink_to(half)
    finally:
        with suppress(OSError):
            half.unlink(missing_ok=True)
    return done
