"""Reads small files written by users and other programs: no pipe, device or gigabyte; strips byte-order marks."""

from __future__ import annotations

import codecs
import errno
import os
import stat
from pathlib import Path
from typing import NamedTuple

MOST = 64 * 1024
"""Maximum bytes of a file that holds a key or a few settings; anything larger is something else."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Byte-order marks that editors put at the start of a text, and the encoding they announce."""

_KINDS = (
    (stat.S_ISDIR, os.strerror(errno.EISDIR)),
    (stat.S_ISFIFO, "it is a pipe, not a file"),
    (stat.S_ISCHR, "it is a device, not a file"),
    (stat.S_ISBLK, "it is a device, not a file"),
    (stat.S_ISSOCK, "it is a socket, not a file"),
)


class FileTrouble(Exception):
    """A file that cannot be used. `str()` says that it cannot be read, and why, without its name or content.

    missing: whether the file does not exist.
    """

    def __init__(self, reason: str, *, missing: bool = False) -> None:
        super().__init__(f"cannot be read: {reason}")
        self.missing = missing


class Found(NamedTuple):
    """A file's text without a byte-order mark, and its stat result."""

    text: str
    stat: os.stat_result


def read_bytes(path: Path, most: int = MOST) -> tuple[bytes, os.stat_result]:
    """The content of a regular file of at most `most` bytes. Returns without waiting. Raises FileTrouble."""
    try:
        # Opening a pipe would block until somebody writes into it.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except OSError as error:
        raise _not_opened(path, error) from None
    except ValueError:
        raise FileTrouble("invalid file name") from None
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise FileTrouble(kind_of(status.st_mode))
        content = bytearray()
        while len(content) <= most and (piece := os.read(handle, most + 1 - len(content))):
            content += piece
    except OSError as error:
        raise FileTrouble(error.strerror or str(error)) from None
    finally:
        os.close(handle)
    if len(content) > most:
        raise FileTrouble(f"it is larger than {most // 1024} KiB")
    return bytes(content), status


def read(path: Path, most: int = MOST) -> Found:
    """The text of a regular file of at most `most` bytes. Raises FileTrouble."""
    content, status = read_bytes(path, most)
    return Found(decode(content), status)


def opened(path: Path, flags: int = os.O_RDONLY) -> int:
    """The descriptor of a regular file of podtop's own, of any size. Returns without waiting, as opening a pipe would.

    Raises OSError; FileNotFoundError if there is none.
    """
    file = os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    mode = os.fstat(file).st_mode
    if not stat.S_ISREG(mode):
        os.close(file)
        raise OSError(errno.EINVAL, kind_of(mode), str(path))
    return file


def own(path: Path) -> bytes:
    """The content of a regular file of podtop's own. Raises OSError; FileNotFoundError if there is none."""
    with os.fdopen(opened(path), "rb") as file:
        return unmarked(file.read())


def decode(content: bytes) -> str:
    """Text as editors save it: UTF-8 with or without a byte-order mark, or UTF-16 with one. Raises FileTrouble."""
    encoding = next((encoding for mark, encoding in _MARKS if content.startswith(mark)), "utf-8")
    try:
        return content.decode(encoding).lstrip("\ufeff")
    except UnicodeDecodeError:
        raise FileTrouble("it is not UTF-8") from None


def unmarked(content: bytes) -> bytes:
    """Strip the byte-order mark that an editor put in front of content that is always UTF-8, such as JSON."""
    return content.removeprefix(codecs.BOM_UTF8)


def kind_of(mode: int) -> str:
    """Why a file that is not a regular file is not read."""
    return next((name for fits, name in _KINDS if fits(mode)), "it is not a regular file")


def is_private(mode: int) -> bool:
    """Whether nobody but its owner may read or change a file."""
    return not mode & (stat.S_IRWXG | stat.S_IRWXO)


def exposure(path: Path, status: os.stat_result, me: int | None = None, *, holds: str = "an API key") -> str:
    """Why a file that holds a secret is not protected, as a sentence; empty if it is. `me`: the user's id."""
    me = os.geteuid() if me is None else me
    if status.st_uid not in (me, 0):
        return f"{path} contains {holds} and belongs to another user (uid {status.st_uid}), who can read and change it"
    if not is_private(status.st_mode):
        return f"{path} contains {holds} that other users can read. Run: chmod 600 {path}"
    return ""


def _not_opened(path: Path, error: OSError) -> FileTrouble:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        if path.is_symlink():
            return FileTrouble("it links to a missing file")
        if (first := path.parts[:1]) and first[0].startswith("~"):
            return FileTrouble(f"{first[0]} is not a home directory here")
        return FileTrouble(error.strerror or "no such file", missing=True)
    return FileTrouble(error.strerror or str(error))
