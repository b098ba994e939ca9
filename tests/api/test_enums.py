"""RunPod's words: known ones are members, newer ones keep the server's text, and all of them are texts."""

from __future__ import annotations

import json
import re
from importlib.resources import files

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from tui.api import enums
from tui.api.enums import (
    ChargeKind,
    CloudKind,
    Compliance,
    ComputeKind,
    PaymentKind,
    PaymentMedium,
    PodKind,
    PodStatus,
    Spelling,
)
from tui.api.quantities import LONGEST_WORD

KINDS = [
    kind
    for kind in vars(enums).values()
    if isinstance(kind, type) and issubclass(kind, Spelling) and kind is not Spelling
]
SDL = (files("tui.api.graphql") / "schema.graphql").read_text()


class Told(Struct, frozen=True):
    status: PodStatus
    kind: PodKind | None = None


ONLY_REST = {PodStatus.PROVISIONING, PodStatus.STARTING, PodStatus.ERROR}


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (PodStatus, "PodStatus"),
        (PodKind, "PodType"),
        (CloudKind, "CloudTypeEnum"),
        (ComputeKind, "ComputeType"),
        (ChargeKind, "ClientCreditChargeType"),
        (PaymentKind, "TransactionType"),
        (PaymentMedium, "TransactionMedium"),
        (Compliance, "Compliance"),
    ],
)
def test_every_word_of_the_schema_is_a_member(kind: type[Spelling], name: str) -> None:
    found = re.search(rf"^enum {name} {{(.*?)}}", SDL, re.MULTILINE | re.DOTALL)
    assert found is not None
    assert set(re.sub(r"#.*", "", found[1]).split()) == set(kind) - ONLY_REST


@pytest.mark.parametrize("kind", KINDS)
@given(text=st.text(max_size=LONGEST_WORD))
def test_a_newer_word_keeps_its_text_wherever_it_goes(kind: type[Spelling], text: str) -> None:
    word = kind(text)
    assert word == text
    assert f"{word}" == str(word) == text
    assert hash(word) == hash(text)
    assert kind(word) == word
    if text not in set(kind):
        assert word.name == "UNKNOWN"
        assert word not in list(kind)


def test_words_go_through_json_as_texts() -> None:
    for text in ("RUNNING", "HIBERNATING", "", "running", "ÆØÅ"):
        told = Told(PodStatus(text), PodKind(text))
        data = msgspec.json.encode(told)
        assert json.loads(data) == {"status": text, "kind": text}
        assert msgspec.json.decode(data, type=Told) == told
    assert msgspec.json.decode(b'{"status": "RUNNING"}', type=Told).status is PodStatus.RUNNING


def test_a_word_without_end_is_cut() -> None:
    word = msgspec.json.decode(msgspec.json.encode({"status": "X" * 5000}), type=Told).status
    assert len(word) == LONGEST_WORD
    assert word.startswith("XXX")
    assert "more characters" in word


@pytest.mark.parametrize("value", ["3", "null", "{}", "[]", "true"])
def test_what_is_no_text_is_no_word(value: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(f'{{"status": {value}}}', type=Told)
