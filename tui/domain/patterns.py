"""`Pattern`: a regular expression that is searched in time linear in the text, whatever the pattern. Pure.

Python's own expressions may take for ever on one line, and cannot be interrupted where no signal arrives. This one
follows all possibilities at once. It has no back references and no look-around, which that cannot do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from tui.format.digits import whole_number

LONGEST = 200
"""Characters of a pattern at most."""

MOST_NODES = 1_000
"""Steps of a pattern at most, after its counted repeats are written out."""

_MOST_REPEATS = 9_999

DEEPEST = 20
"""Groups within groups at most."""

MOST_WORK = 20_000
"""Transitions that are worked out for one pattern at most: the known ones are read from a table."""


class PatternError(ValueError):
    """The pattern is invalid, or podtop does not search for such a thing; the text says why."""


class TooComplex(PatternError):
    """The search takes too long, and was ended."""


Matches = Callable[[str], bool]
"""Whether a character matches."""


class _Node(NamedTuple):
    """A step: a character that must match, an anchor, or neither; and the steps behind it."""

    char: Matches | None = None
    anchor: str = ""
    following: tuple[int, ...] = ()


Part = tuple[object, ...]
"""A part of a pattern: ("literal", char), ("char", matches), ("anchor", sign), ("all", parts), ("any", parts), or
("repeat", part, min, max)."""


class _State(dict[str, "_State"]):
    """Where the search may be after some characters; the states after the next one are worked out when needed."""

    __slots__ = ("at_end", "nodes", "of")

    def __init__(self, of: Pattern | None, nodes: frozenset[int], at_end: bool) -> None:
        super().__init__()
        self.of, self.nodes, self.at_end = of, nodes, at_end

    def __missing__(self, char: str) -> _State:
        if self.of is None:
            raise _Decided(self.at_end)
        state = self[char] = self.of.after(self.nodes, char)
        return state


class _Decided(Exception):
    """Whatever follows, the pattern occurs, or does not: the first argument."""


_FOUND, _HOPELESS = _State(None, frozenset(), True), _State(None, frozenset(), False)


class Pattern:
    """A pattern to search in lower-cased text, regardless of case. Raises PatternError."""

    def __init__(self, text: str) -> None:
        parts = _Parser(text).parse()
        self._nodes: list[_Node] = [_Node()]
        self._states: dict[frozenset[int], _State] = {}
        self._work = 0
        self._needed = _needed(parts)
        self._start = self._add(parts, 0)
        self._first = self._state(self._closed((self._start,), at_start=True), at_start=True)

    def found(self, text: str) -> bool:
        """Whether it occurs in a text. Raises TooComplex."""
        if self._needed not in text:
            return False
        state = self._first
        try:
            for char in text:
                state = state[char]
        except _Decided as decided:
            return bool(decided.args[0])
        return state.at_end

    def after(self, nodes: frozenset[int], char: str) -> _State:
        """The state after one more character; a match may also begin behind it."""
        self._work += 1
        if self._work > MOST_WORK:
            raise TooComplex("the pattern takes too long; simplify it")
        behind = [n for node in nodes if (of := self._nodes[node]).char and of.char(char) for n in of.following]
        return self._state(self._closed((*behind, self._start), at_start=False))

    def _state(self, nodes: frozenset[int], *, at_start: bool = False) -> _State:
        if 0 in nodes:
            return _FOUND
        if not nodes and not at_start:
            return _HOPELESS
        if not at_start and (known := self._states.get(nodes)) is not None:
            return known
        ends = [n for node in nodes if self._nodes[node].anchor == "$" for n in self._nodes[node].following]
        at_end = bool(ends) and 0 in self._closed(ends, at_start=at_start, at_end=True)
        state = _State(self, nodes, at_end)
        if not at_start:
            self._states[nodes] = state
        return state

    def _closed(self, nodes: Iterable[int], *, at_start: bool, at_end: bool = False) -> frozenset[int]:
        """The steps that wait for a character, or for the end, and 0 for a match: all that these lead to."""
        seen: set[int] = set()
        waiting = list(nodes)
        while waiting:
            number = waiting.pop()
            if number in seen:
                continue
            seen.add(number)
            node = self._nodes[number]
            passes = node.char is None and (
                not node.anchor or (node.anchor == "^" and at_start) or (node.anchor == "$" and at_end)
            )
            if passes:
                waiting.extend(node.following)
        return frozenset(n for n in seen if n == 0 or self._nodes[n].char is not None or self._nodes[n].anchor == "$")

    def _add(self, part: Part, behind: int) -> int:
        """Write out a part before the step `behind`; returns its first step."""
        match part:
            case ("literal", str(char)):
                return self._put(_Node(char=_literal(char), following=(behind,)))
            case ("char", matches):
                return self._put(_Node(char=matches, following=(behind,)))  # type: ignore[arg-type]
            case ("anchor", sign):
                return self._put(_Node(anchor=str(sign), following=(behind,)))
            case ("all", parts):
                for each in reversed(parts):  # type: ignore[call-overload]
                    behind = self._add(each, behind)
                return behind
            case ("any", parts):
                return self._put(_Node(following=tuple(self._add(each, behind) for each in parts)))  # type: ignore[attr-defined]
            case ("repeat", each, int(least), most):
                return self._repeated(each, least, most, behind)  # type: ignore[arg-type]
        raise AssertionError(part)

    def _repeated(self, part: Part, least: int, most: int | None, behind: int) -> int:
        if most is None:
            again = self._put(_Node())
            first = self._add(part, again)
            self._nodes[again] = _Node(following=(first, behind))
            behind = again
        else:
            end = behind
            for _ in range(most - least):
                behind = self._put(_Node(following=(self._add(part, behind), end)))
        for _ in range(least):
            behind = self._add(part, behind)
        return behind

    def _put(self, node: _Node) -> int:
        if len(self._nodes) >= MOST_NODES:
            raise PatternError("the pattern is too long")
        self._nodes.append(node)
        return len(self._nodes) - 1


def _any_of(tests: Sequence[Matches], inverted: bool = False) -> Matches:
    """A text is lower-cased before it is searched: a character stands for both of its cases."""
    return lambda char: any(test(char) or test(char.upper()) for test in tests) != inverted


def _needed(part: Part) -> str:
    """A text without which there is no match, as Python finds that faster; empty if none is known."""
    runs = [""]
    for each in part[1] if part[0] == "all" else ():  # type: ignore[attr-defined]
        match each:
            case ("literal", str(char)) if char.isascii():
                runs[-1] += char.lower()
            case _:
                runs.append("")
    return max(runs, key=len)


def _literal(char: str) -> Matches:
    lower = char.lower()
    return lambda other: other in (lower, char)


_CLASSES: dict[str, Matches] = {
    "d": str.isdigit,
    "D": lambda char: not char.isdigit(),
    "s": str.isspace,
    "S": lambda char: not char.isspace(),
    "w": lambda char: char.isalnum() or char == "_",
    "W": lambda char: not (char.isalnum() or char == "_"),
}
_CONTROLS = {"t": "\t", "n": "\n", "r": "\r"}


class _Parser:
    def __init__(self, text: str) -> None:
        if len(text) > LONGEST:
            raise PatternError(f"the pattern is longer than {LONGEST} characters")
        self._text = text
        self._at = 0
        self._depth = 0

    @property
    def _next(self) -> str:
        return self._text[self._at] if self._at < len(self._text) else ""

    def _take(self) -> str:
        char = self._next
        if not char:
            raise PatternError("the pattern is incomplete")
        self._at += 1
        return char

    def parse(self) -> Part:
        part = self._alternatives()
        if self._next:
            raise PatternError("a ) without its (")
        return part

    def _alternatives(self) -> Part:
        parts = [self._sequence()]
        while self._next == "|":
            self._at += 1
            parts.append(self._sequence())
        return parts[0] if len(parts) == 1 else ("any", tuple(parts))

    def _sequence(self) -> Part:
        parts: list[Part] = []
        while self._next and self._next not in "|)":
            parts.append(self._repeats(self._atom()))
        return ("all", tuple(parts))

    def _repeats(self, part: Part) -> Part:
        counts = self._counts()
        if counts is None:
            return part
        # Lazy or possessive: whether there is a match does not depend on it.
        if self._next and self._next in "?+":
            self._at += 1
        if self._next and self._next in "*+?":
            raise PatternError("nothing to repeat")
        return ("repeat", part, *counts)

    def _counts(self) -> tuple[int, int | None] | None:
        if self._next in ("*", "+", "?"):
            return {"*": (0, None), "+": (1, None), "?": (0, 1)}[self._take()]
        end = self._text.find("}", self._at)
        if self._next != "{" or end < 0:
            return None
        least, comma, most = self._text[self._at + 1 : end].partition(",")
        low, high = whole_number(least, LONGEST), whole_number(most, LONGEST)
        if low is None or (most and high is None):
            return None
        if max(low, high or 0) > _MOST_REPEATS:
            raise PatternError("the pattern is too long")
        self._at = end + 1
        high = high if comma else low
        if high is not None and high < low:
            raise PatternError("a repeat with its ends reversed")
        return low, high

    def _atom(self) -> Part:
        char = self._take()
        match char:
            case "(":
                return self._group()
            case "[":
                return ("char", self._set())
            case ".":
                return ("char", lambda other: other != "\n")
            case "^" | "$":
                return ("anchor", char)
            case "*" | "+" | "?":
                raise PatternError("nothing to repeat")
            case "\\":
                return ("char", self._escaped())
        return ("literal", char)

    def _group(self) -> Part:
        if self._text.startswith("?:", self._at):
            self._at += 2
        elif self._next == "?":
            raise PatternError("(? is not supported")
        self._depth += 1
        if self._depth > DEEPEST:
            raise PatternError("the pattern is nested too deeply")
        part = self._alternatives()
        self._depth -= 1
        if self._next != ")":
            raise PatternError("a ( without its )")
        self._at += 1
        return part

    def _escaped(self) -> Matches:
        char = self._take()
        if char in _CLASSES:
            return _CLASSES[char]
        if char in _CONTROLS:
            return _literal(_CONTROLS[char])
        if char.isalnum():
            raise PatternError(f"\\{char} is not supported")
        return _literal(char)

    def _set(self) -> Matches:
        inverted = self._next == "^"
        self._at += inverted
        tests: list[Matches] = []
        while True:
            char = self._take()
            if char == "]" and tests:
                return _any_of(tests, inverted)
            if char == "\\":
                tests.append(self._escaped())
                continue
            if self._next == "-" and self._text[self._at + 1 : self._at + 2] not in ("", "]"):
                self._at += 1
                last = self._take()
                if last == "\\":
                    last = self._take()
                if last < char:
                    raise PatternError("a range with its ends reversed")
                tests.append(_between(char, last))
            else:
                tests.append(_literal(char))


def _between(first: str, last: str) -> Matches:
    return lambda char: first <= char <= last
