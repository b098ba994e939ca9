"""A key sequence that a link cuts up is one key or nothing; Escape alone acts at once; keys are keys."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from textual import events
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS

from tests.variants import up_to
from tui.ui.input.keyboard import Keyboard
from tui.ui.input.sequences import ALONE, RELATED, Assembler, Kind

MOUSE = ("\x1b[<0;12;5M", "\x1b[<0;12;5m", "\x1b[<35;120;40M", "\x1b[32;12;5M", "\x1b[M !!")
SEQUENCES = (
    *(text for text in ANSI_SEQUENCES_KEYS if text.startswith(("\x1b[", "\x1bO")) and len(text) > 2),
    *MOUSE, "\x1b[I", "\x1b[O", "\x1b[24;80R", "\x1b[?2026;1$y", "\x1b[97;5u", "\x1b[27u", "\x1b[?62;4c",
    "\x1b[48;24;80;480;800t",
)  # fmt: skip
GAPS = (0.0, 0.03, 0.09, 0.11, 0.3, 0.9, 1.1)


def typed(*parts: tuple[str, float]) -> list[object]:
    """Events of parts that come after these gaps, with time asked as the input thread does; then quiet."""
    keyboard, now, found = Keyboard(), 0.0, []
    for text, gap in (*parts, ("", 60.0)):
        until = now + gap
        while (due := keyboard.due()) is not None and due <= until:
            found += keyboard.late(due)
        now = until
        found += keyboard.feed(text.encode(), now)
    return found


def keys(found: list[object]) -> list[str]:
    return [event.key for event in found if isinstance(event, events.Key)]


@settings(deadline=None, max_examples=up_to(400))
@given(st.sampled_from(SEQUENCES), st.data())
def test_a_sequence_cut_anywhere_is_one_key_or_nothing(sequence: str, data: st.DataObject) -> None:
    whole = typed((sequence, 0.0))
    cuts = data.draw(st.lists(st.integers(1, max(1, len(sequence) - 1)), max_size=3, unique=True).map(sorted))
    ends = [*cuts, len(sequence)]
    parts = [sequence[a:b] for a, b in zip([0, *cuts], ends, strict=True) if a < b]
    gaps = [data.draw(st.sampled_from(GAPS)) for _ in parts]
    found = typed(*zip(parts, gaps, strict=True))
    assert len(found) <= max(1, len(whole))
    alone = parts[0] == "\x1b" and len(parts) > 1 and gaps[1] > ALONE
    assert keys(found) == (["escape"] if alone else keys(whole))
    assert [type(e) for e in found] == ([events.Key] if alone else [type(e) for e in whole])


def test_every_sequence_cut_at_every_byte_with_every_gap() -> None:
    for sequence in (*MOUSE, "\x1b[B", "\x1b[D", "\x1bOS", "\x1bOD", "\x1b[1;5S", "\x1b[15~", "\x1b[[A"):
        for at in range(1, len(sequence)):
            for gap in GAPS:
                found = typed((sequence[:at], 0.0), (sequence[at:], gap), ("j", 2.0))
                assert len(keys(found)) <= 2
                assert keys(found)[-1] == "j"
                assert keys(found)[:-1] in ([], ["escape"], keys(typed((sequence, 0.0))))


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_characters="\x00\x1b"), max_size=30), st.data())
def test_a_paste_cut_anywhere_is_a_paste(text: str, data: st.DataObject) -> None:
    whole = f"\x1b[200~{text}\x1b[201~"
    at = data.draw(st.integers(2, len(whole) - 1))
    (event,) = typed((whole[:at], 0.0), (whole[at:], data.draw(st.sampled_from(GAPS))))
    assert isinstance(event, events.Paste)
    assert event.text == text


def test_a_paste_without_an_end_types_nothing_and_deafens_nobody() -> None:
    assert keys(typed(("\x1b[200~STD\rq", 0.0), ("j", 30.0))) == ["j"]


@settings(deadline=None)
@given(st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_categories=["Cc"]), max_size=20))
def test_what_is_typed_comes_as_it_is_however_it_is_read(text: str) -> None:
    together = [event.character for event in typed((text, 0.0)) if isinstance(event, events.Key)]
    assert together == list(text)
    assert [e.character for e in typed(*((c, 0.2) for c in text)) if isinstance(e, events.Key)] == together


def test_escape_alone_acts_at_once_and_keys_behind_it_are_keys() -> None:
    assembler = Assembler()
    assert assembler.feed("\x1b", 5.0) == []
    assert assembler.due() == 5.0 + ALONE
    assert [piece.kind for piece in assembler.late(5.0 + ALONE)] == [Kind.ESCAPE]
    assert keys(typed(("\x1b", 0.0), ("j", 0.3))) == ["escape", "j"]
    assert keys(typed(("\x1b", 0.0), ("[", RELATED + 0.1))) == ["escape", "left_square_bracket"]
    assert keys(typed(("\x1b\x1b", 0.0), ("q", 2.0))) == ["escape", "escape", "q"]


ANSWERS = (
    "\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\", "\x1b]10;rgb:ffff/ffff/ffff\x07", "\x1b]4;1;rgb:cd/00/00\x1b\\",
    "\x1bP>|xterm(388)\x1b\\", "\x1bP1$r0 q\x1b\\", "\x1b_Gi=31;OK\x1b\\",
)  # fmt: skip


def test_an_answer_of_the_terminal_cut_anywhere_is_nothing() -> None:
    for answer in ANSWERS:
        for at in range(1, len(answer)):
            for gap in GAPS:
                for second in (0.0, 1.1):
                    middle = (at + len(answer)) // 2
                    found = keys(
                        typed((answer[:at], 0.0), (answer[at:middle], gap), (answer[middle:], second), ("j", 5.1))
                    )
                    # An ESC alone acts at once; the rest of it is nothing.
                    alone = (at == 1 and gap > ALONE) or (at == middle == 1 and second > ALONE)
                    assert found == (["escape", "j"] if alone else ["j"]), (answer, at, gap, second)


def test_keys_behind_an_escape_that_look_like_an_answer_are_keys() -> None:
    escape, bracket = "escape", "right_square_bracket"
    assert keys(typed(("\x1b", 0.0), ("]", 0.3), ("j", 0.3))) == [escape, bracket, "j"]
    assert keys(typed(("\x1b", 0.0), ("]1", 0.3), ("j", 0.3))) == [escape, bracket, "1", "j"]
    assert keys(typed(("\x1b", 0.0), ("]", 0.3), ("\x1b[B", 0.3))) == [escape, bracket, "down"]
    assert keys(typed(("\x1b", 0.0), ("P", 0.3), ("j", 0.3))) == [escape, "P", "j"]


def test_an_answer_without_its_end_deafens_nobody() -> None:
    begun = "\x1b]11;rgb:1e"
    assert keys(typed((begun, 0.0), ("j", 5.1))) == ["j"]
    assert keys(typed((begun, 0.0), ("\x1b[B", 0.3), ("j", 0.3))) == ["down", "j"]
    assert keys(typed((begun, 0.0), ("\r", 0.3), ("j", 0.3))) == ["enter", "j"]


def test_alt_keys_and_strange_bytes() -> None:
    assert keys(typed(("\x1bx", 0.0))) == ["alt+x"]
    assert keys(typed(("\x1b[", 0.0), ("j", 2.0))) == ["j"], "alt and [ is nothing, and deafens nobody"
    assert keys(typed(("\x1b]11;rgb:0000/0000/SSTT\x1b\\j", 0.0))) == ["j"]
    assert keys(typed(("\x1bP>|xterm(STD)\x1b\\\x1b]0;T\x07k", 0.0))) == ["k"]
    keyboard = Keyboard()
    assert keys(list(keyboard.feed(b"\xff\xc3j\xc3", 0.0))) == ["j"]
    assert keys(list(keyboard.feed(b"\xa9", 0.1))) == ["é"]


@settings(deadline=None, max_examples=up_to(400))
@given(
    st.lists(st.sampled_from(["", "0", "1", "27", "97", "55296", "57343", "1114111", "1114112", "9" * 12]), max_size=4),
    st.sampled_from([";", ":", ";;"]),
    st.sampled_from(["u", "~", "M", "m", "t", "R", "A", "c", "$y"]),
    st.sampled_from(["", "<", "?", ">", "="]),
)
def test_whatever_numbers_a_sequence_has_the_next_key_is_heard(
    numbers: list[str], between: str, end: str, mark: str
) -> None:
    found = typed((f"\x1b[{mark}{between.join(numbers)}{end}", 0.0), ("j", 6.0))
    assert keys(found)[-1] == "j"
    for event in found:
        if isinstance(event, events.Key):
            (event.character or "").encode()


def test_half_a_character_is_no_key() -> None:
    assert keys(typed(("\x1b[97;1;55296u", 0.0), ("\x1b[55296u", 1.0), ("\x1b[1114112u", 1.0), ("x", 1.0))) == ["x"]
