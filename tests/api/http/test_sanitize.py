"""Text from the API holds nothing that moves a cursor, hides or turns text around; all else is as it was."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.api.make import account, cloud, pod
from tui.api.http.sanitize import clean, clean_json

modest = settings()

NASTY = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from(
            '\x00\x1b\x7f\x9b\n\t\r\b\f\\"/u\u200b\u200d\u202e\u2066\u2028\ufeff\ufe0f\u00ad\xa0é漢😀\U000e0101'
        ),
    )
)


def printable(text: str) -> bool:
    return text.isprintable() and not any("\ufe00" <= c <= "\ufe0f" or "\U000e0100" <= c <= "\U000e01ef" for c in text)


@pytest.mark.parametrize(
    ("dirty", "cleaned"),
    [
        ("plain", "plain"),
        ("é 漢字 😀 “quoted”", "é 漢字 😀 “quoted”"),
        ("\x1b[31mred\x1b[0m", "[31mred[0m"),
        ("\x1b]0;title\x07", "]0;title"),
        ("\x9b31m", "31m"),
        ("two\nlines\r\nand\ta tab", "two lines  and a tab"),
        ("no\xa0break\u3000wide\u2028line", "no break wide line"),
        ("\u202etxt.exe\u2066", "txt.exe"),
        ("zero\u200bwidth\u200d\u2060\ufeff", "zerowidth"),
        ("heart\u2764\ufe0f", "heart\u2764"),
        ("del\x7f nul\x00", "del nul"),
        ("", ""),
    ],
)
def test_clean(dirty: str, cleaned: str) -> None:
    assert clean(dirty) == cleaned
    for ascii_only in (True, False):
        body = json.dumps([dirty], ensure_ascii=ascii_only).encode()
        assert json.loads(clean_json(body)) == [cleaned]


def test_what_is_plain_is_not_touched() -> None:
    body = b'{"a": "plain", "b": [1, 2.5, null]}'
    assert clean_json(body) is body


def test_escapes_of_plain_characters_mean_the_same() -> None:
    body = rb'["\"quoted\"", "back\\slash", "\\u001b", "\/", "\u0041", "\u00e9", "\ud83d\ude00", "\\\u001b\\n"]'
    assert json.loads(clean_json(body)) == ['"quoted"', "back\\slash", "\\u001b", "/", "A", "é", "😀", "\\\\n"]


def test_what_is_no_json_is_left_for_the_decoder() -> None:
    for body in (b"\\", rb'"\u12', rb'"\u12g4"', rb'"\x41"'):
        assert clean_json(body) == body


def test_half_a_character_is_replaced() -> None:
    assert json.loads(clean_json(rb'["\ud800", "\udc00x", "\ud83d\u0041"]')) == ["\ufffd", "\ufffdx", "\ufffdA"]


def test_bytes_that_are_no_text_are_replaced() -> None:
    assert json.loads(clean_json(b'["\xff\xfe ok"]')) == ["\ufffd\ufffd ok"]


def test_a_byte_order_mark_is_dropped() -> None:
    assert json.loads(clean_json(b'\xef\xbb\xbf{"a": 1}')) == {"a": 1}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | NASTY,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NASTY, inner, max_size=4),
    max_leaves=12,
)


def cleaned(value: Any) -> Any:
    match value:
        case str():
            return clean(value)
        case list():
            return [cleaned(item) for item in value]
        case dict():
            return {clean(name): cleaned(item) for name, item in value.items()}
        case _:
            return value


@modest
@given(value=JSON, ascii_only=st.booleans(), indent=st.sampled_from([None, 2]))
@example(value="\\u001b", ascii_only=True, indent=None)
def test_a_document_is_cleaned_string_by_string(value: Any, ascii_only: bool, indent: int | None) -> None:
    body = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode("utf-8", "surrogatepass")
    if not ascii_only and any(0xD800 <= ord(c) <= 0xDFFF for c in json.dumps(value, ensure_ascii=False)):
        return  # not UTF-8
    assert json.loads(clean_json(body)) == cleaned(value)


@modest
@given(NASTY)
def test_clean_text_is_printable_and_stays_so(text: str) -> None:
    once = clean(text)
    assert printable(once)
    assert clean(once) == once


async def test_every_string_of_an_answer_is_cleaned() -> None:
    dirty = "\x1b[2J\u202eevil\n"
    fields = {
        "id": dirty,
        "name": dirty,
        "desiredStatus": dirty,
        "podType": dirty,
        "lastStatusChange": dirty,
        "imageName": dirty,
        "networkVolumeId": dirty,
        "runtime": {"gpus": [{"id": dirty}], "ports": [{"ip": dirty, "type": dirty}]},
        "machine": {
            "gpuDisplayName": dirty,
            "podHostId": dirty,
            "location": dirty,
            "dataCenterId": dirty,
            "maintenanceNote": dirty,
        },
        "latestTelemetry": {"state": dirty, "individualGpuMetrics": [{"id": dirty}]},
    }
    answer = account(pod(**fields), {"id": dirty, "name": dirty}, id=dirty)
    answer["errors"] = [{"message": dirty, "path": [dirty], "extensions": {"code": dirty}}]
    told = repr(await cloud(answer).fleet())
    assert told.count("[2Jevil ") == 23
    assert "\\x1b" not in told
    assert "\\u202e" not in told
    assert "\\n" not in told
