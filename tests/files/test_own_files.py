"""Files of podtop's own that are no files: a pipe or a device in their place is told, and waited for by nobody."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tui.files import reading
from tui.storage import draft_file
from tui.storage.account_file import AccountFile
from tui.storage.audit_log import AuditLog, AuditLogError, entries
from tui.storage.draft_file import DraftError
from tui.storage.json_store import StoreError
from tui.storage.preferences import Preferences


def pipe(path: Path) -> None:
    os.mkfifo(path)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def loop(path: Path) -> None:
    path.symlink_to(path)


KINDS = [(pipe, "it is a pipe"), (device, "it is a device"), (Path.mkdir, "directory"), (loop, "symbolic links")]


@pytest.mark.parametrize(("make", "words"), KINDS)
def test_what_is_no_file_is_not_waited_for(make: Callable[[Path], None], words: str, tmp_path: Path) -> None:
    path = tmp_path / "own"
    make(path)
    with pytest.raises(OSError, match=words):
        reading.own(path)
    with pytest.raises(StoreError, match=words):
        AccountFile(path).all()
    with pytest.raises(AuditLogError, match=words):
        list(entries(path))
    with pytest.raises(AuditLogError, match="nothing was sent"):
        AuditLog(path, origin="demo").intent("stop", "p", "n", {})
    with pytest.raises(DraftError, match=words):
        draft_file.load(path)
    assert Preferences(lambda: path).texts == {}


def test_a_file_is_read_without_its_mark_and_none_is_none(tmp_path: Path) -> None:
    (tmp_path / "own").write_bytes(b"\xef\xbb\xbf{}")
    assert reading.own(tmp_path / "own") == b"{}"
    with pytest.raises(FileNotFoundError):
        reading.own(tmp_path / "none")
