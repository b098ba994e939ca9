"""Drafts on disk: they survive, and hold no secret."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tui.api.secret import Secret
from tui.domain.deploy_draft import Draft
from tui.domain.deploy_fields import FIELDS, Kind
from tui.domain.deploy_validation import faults
from tui.storage import draft_file

TYPED = st.dictionaries(st.sampled_from([f.name for f in FIELDS if f.kind is not Kind.HIDDEN]), st.text(max_size=20))


@given(TYPED)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_was_typed_comes_back(tmp_path: Path, typed: dict[str, str]) -> None:
    path = tmp_path / "state" / "draft.json"
    draft_file.save(path, Draft(typed))
    assert draft_file.load(path) == Draft(typed)
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_no_secret_is_kept_and_its_lack_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "draft.json"
    draft = Draft({"name": "x"}, (("HF_TOKEN", Secret("hf_secret")),)).typed("volume_key", "key_secret")
    draft_file.save(path, draft)
    assert b"secret" not in path.read_bytes()
    found = draft_file.load(path)
    assert found is not None
    assert found.env == (("HF_TOKEN", None),)
    assert found.secrets == {"volume_key": None}
    wrong = faults(found, (), (), 0.0, None)
    assert "not saved" in wrong["env"]
    assert "type it" in wrong["volume_key"]
    assert "volume_key" not in faults(found.typed("volume_key", ""), (), (), 0.0, None)


def test_a_secret_in_the_place_of_a_name_is_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "draft.json"
    draft_file.save(path, Draft({}, (("HF_TOKEN=hf_secret", None), ("OK", Secret("x")))))
    assert b"hf_" not in path.read_bytes()
    found = draft_file.load(path)
    assert found is not None
    assert found.env == (("OK", None),)


def test_a_file_that_someone_wrote_brings_no_secret_as_text(tmp_path: Path) -> None:
    path = tmp_path / "draft.json"
    path.write_text('{"values": {"volume_key": "x", "name": "y", "nonsense": "z"}, "hidden": ["name", "volume_key"]}')
    assert draft_file.load(path) == Draft({"name": "y"}, (), {"volume_key": None})


def test_two_saves_at_once_leave_a_whole_one(tmp_path: Path) -> None:
    path = tmp_path / "draft.json"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: draft_file.save(path, Draft({"name": str(n) * 500})), range(64)))
    found = draft_file.load(path)
    assert found is not None
    assert len(set(found["name"])) <= 2
    assert list(tmp_path.iterdir()) == [path]


def test_none_is_none_and_a_damaged_one_is_told(tmp_path: Path) -> None:
    path = tmp_path / "draft.json"
    assert draft_file.load(path) is None
    for content in (b"", b"{", b"[]", b'{"values": 3}', b"\xff\xfe"):
        path.write_bytes(content)
        with pytest.raises(draft_file.DraftError, match="starts over"):
            draft_file.load(path)
    draft_file.drop(path)
    draft_file.drop(path)
    assert draft_file.load(path) is None


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(draft_file.DraftError, match="cannot save the draft"):
        draft_file.save(tmp_path / "file" / "draft.json", Draft({}))
    with pytest.raises(draft_file.DraftError, match="invalid text"):
        draft_file.save(tmp_path / "draft.json", Draft({"name": "\ud800"}))
