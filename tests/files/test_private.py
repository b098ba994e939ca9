"""Whatever podtop writes is for its owner alone, whatever the umask."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from tests.make import pod, snapshot
from tui.config.writer import put
from tui.domain.deploy_draft import Draft
from tui.domain.lease import begun
from tui.files import private
from tui.history.archive.writer import Polled
from tui.history.recorder import Recorder
from tui.storage import app_log, draft_file
from tui.storage.audit_log import AuditLog
from tui.storage.json_store import ProcessClaim
from tui.storage.lease_file import LeaseFile
from tui.storage.preferences import Preferences


@pytest.fixture(params=[0o000, 0o022, 0o077, 0o777], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def wrong(root: Path) -> list[str]:
    """What of a folder has another mode than 0700, or 0600 for a file."""
    found = []
    for path in (root, *root.rglob("*")):
        wanted = 0o700 if path.is_dir() else 0o600
        if stat.S_IMODE(path.stat().st_mode) != wanted:
            found.append(f"{path} {stat.S_IMODE(path.stat().st_mode):o}")
    return found


def everything(root: Path) -> None:
    """Write each kind of file there is."""
    AuditLog(root / "actions.jsonl", origin="x").intent("stop", "p", "n", {})
    LeaseFile(root / "leases" / "a.json").set(begun("p", "n", "stop", 2000.0, 1000.0))
    ProcessClaim(root / "leases" / "a.enforcer").taken()
    Preferences(lambda: root / "screen.json").keep("a", "b")
    draft_file.save(root / "draft.json", Draft({}))
    put("a = 1\n", root / "config" / "config.toml", over=False)
    put("a = 2\n", root / "config" / "config.toml", over=True)
    recorder = Recorder(root, "u", account="a")
    recorder._entries.append(Polled(1000.0, snapshot(pod("a"))))
    recorder._write(root / "archive" / "a.sqlite")
    assert app_log.open_log(root) == root / "podtop.log"
    with patch.object(app_log, "BYTES", 1):
        for text in ("one", "another"):
            logging.getLogger("tui").warning(text)
    app_log.close_log()
    assert (root / "podtop.log.1").exists()
    assert not wrong(root)
    assert len([path for path in root.rglob("*") if path.is_file()]) >= 13
    recorder._close()


def test_every_kind_of_file(umask: int, tmp_path: Path) -> None:
    root = tmp_path / "above" / "podtop"
    everything(root)
    assert not wrong(root.parent)


def test_what_was_open_to_others_is_closed(tmp_path: Path) -> None:
    root = tmp_path / "podtop"
    everything(root)
    for path in (root, *root.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)
    outside = tmp_path / "outside"
    outside.write_text("x")
    outside.chmod(0o644)
    (root / "link").symlink_to(outside)
    assert private.open_to_others(root) == ()
    (root / "link").unlink()
    assert not wrong(root)
    assert stat.S_IMODE(outside.stat().st_mode) == 0o644, "what is not podtop's is left alone"


def test_what_is_somebody_elses_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a"
    file.write_text("")
    file.chmod(0o644)
    owner = file.stat().st_uid
    monkeypatch.setattr(private.os, "geteuid", lambda: owner + 1)
    assert file in private.open_to_others(tmp_path)
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


def test_a_file_in_the_place_of_a_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    for path in (tmp_path / "a", tmp_path / "a" / "b"):
        with pytest.raises(OSError, match=r"a"):
            private.folder(path)
