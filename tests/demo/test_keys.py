"""Which keys the simulated RunPod takes, and what it says of itself."""

from __future__ import annotations

import pytest

from tests.demo.conftest import Demo
from tui.commands.parser import parser
from tui.demo.execution import GRAPHQL_ONLY, KEY, READ_ONLY_KEY, REFUSED, keys_taken, may_change
from tui.demo.faults import NAMES, WITH_VALUE, WORDS, listed

STOP = "mutation($i: PodStopInput!) { podStop(input: $i) { id } }"
LLAMA = "k3v9x0q2m1a7ze"


@pytest.mark.parametrize(
    ("key", "changes"),
    [
        (KEY, True), (READ_ONLY_KEY, False), ("rpa_A1B2C3D4E5F6G7H8I9J0K1L2M3N4O5P6Q7R8S9T0U1V2", True),
        ("rpa_x", True),
        ("rpa_readonly1", False), ("rpa_graphqlonly1", True), ("rpa_BADGER123", True),
        *((f"{start}_1", None) for start in REFUSED),
        ("rpa_", None), ("rpa_with space", None), ("sk-something", None), ("wrong", None), ("RPA_X", None), ("", None),
    ],
)  # fmt: skip
async def test_a_key_that_looks_like_runpods_is_taken(demo: Demo, key: str, changes: bool | None) -> None:
    assert may_change(key) is changes
    if not key:
        return
    assert (await demo.post("{ myself { id } }", key=key)).status_code == (401 if changes is None else 200)
    if changes is not None:
        body = await demo.ask(STOP, key, i={"podId": LLAMA})
        assert ("errors" not in body) is changes


def test_it_says_which_keys_it_takes() -> None:
    told = keys_taken()
    for word in (KEY, READ_ONLY_KEY, "rpa_...", GRAPHQL_ONLY, "403", *REFUSED, "401"):
        assert word in told


def test_its_help_lists_every_fault_with_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parser().parse_args(["simulate", "--help"])
    told = capsys.readouterr().out
    assert listed() in told
    for name in NAMES:
        assert f"\n  {name}" in told
        assert WORDS[name] in told
    assert set(WITH_VALUE) <= set(NAMES)
