"""The filter language of all lists: from what was typed to conditions on the values of rows. Pure.

Terms are separated by spaces, and all must hold: `word`, `"two words"`, `field<value` with `=` `!=` `<` `<=` `>` `>=`,
`field~text`, `field:text`, `re:pattern`, and words that stand for a condition, such as `idle`. `!` before a term
reverses it. An unknown value meets no condition, whether that is reversed or not.

A word before a colon is a field: one that the list does not have is a fault, and never silently a text that no row has.
What is no word, as in `12:30`, `runpod/pytorch:2.1` and `https://`, is text, and so is all that stands in quotes.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any, Generic, NamedTuple, TypeVar

from tui.domain.filter_units import WrongUnit, number, seconds
from tui.domain.patterns import Pattern, PatternError

R = TypeVar("R")

TEXT = ""
"""The name under which the reader of the text is found that words are looked for in."""

WORDS = "words, !word, field<value, re:PATTERN; tab completes"
"""The terms that a filter accepts, for a line of help."""


class Kind(Enum):
    """What the values of a field are: numbers, seconds, instants, texts (one or several), or yes and no."""

    NUMBER = "number"
    SECONDS = "duration"
    TIME = "time"
    WORDS = "text"
    FLAG = "flag"


class When(NamedTuple):
    """An instant of a row: the seconds since then, and its text as shown."""

    ago: float
    text: str


class Field(NamedTuple):
    """A field to compare with.

    words:   its description, in a sentence after "expects".
    aliases: its other names.
    choices: its possible values, if no other makes sense; a part of one is enough.
    unit:    of its numbers (see `filter_units`); a value is in this unit, or without one.
    """

    kind: Kind
    words: str
    aliases: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    unit: str = ""


class Vocabulary(NamedTuple):
    """The fields of a list, and its words that stand for the value of a field."""

    fields: Mapping[str, Field] = {}
    states: Mapping[str, tuple[str, str]] = {}

    def named(self, name: str) -> str | None:
        """The field of a name or alias, however it is spelled: `last-used`, `last_used` or `lastused`."""
        if name in self.fields:
            return name
        exact = next((key for key, field in self.fields.items() if name in field.aliases), None)
        return exact or next((key for key, field in self.fields.items()
                              if squashed(name) in map(squashed, (key, *field.aliases))), None)  # fmt: skip

    @property
    def names(self) -> tuple[str, ...]:
        """All names and aliases, the names first."""
        return (*self.fields, *(alias for field in self.fields.values() for alias in field.aliases))


def squashed(name: str) -> str:
    """A name of a field without what its spellings differ in."""
    return re.sub(r"[ _.-]", "", name.lower())


Readers = Callable[[str], Callable[[R], Any]]
"""The function that reads a field from a row, by its name: a number, a `When`, a text or several, a flag; None if
unknown.

That of `TEXT` returns the row's text, lower-cased.
"""


class Term(NamedTuple):
    """One condition: `op` on a field; of the row's text `~` for a part, and `re` for a pattern."""

    field: str
    op: str
    value: Any
    negated: bool = False
    places: float = 0.0

    def test(self, readers: Readers[R]) -> Callable[[R], bool]:
        """The function that judges a row."""
        read, negated = readers(self.field), self.negated
        if self.field == TEXT:
            matches = self.value.found if self.op == "re" else lambda text: self.value in text
            return lambda row: matches(read(row)) != negated
        compare, is_ago = self._comparison(), isinstance(self.value, float)

        def holds(row: R) -> bool:
            value = read(row)
            if isinstance(value, When):
                value = value.ago if is_ago else value.text
            return value is not None and value != "" and value != () and compare(value) != negated

        return holds

    def _comparison(self) -> Callable[[Any], bool]:
        value, op = self.value, self.op
        if isinstance(value, bool):
            return lambda flag: (bool(flag) is value) != (op == "!=")
        if isinstance(value, float):
            if op in _ORDERS:
                order = _ORDERS[op]
                return lambda number: order(number, value)
            # A figure is equal to what is shown of it.
            near = self.places
            return lambda number: (abs(number - value) <= near) != (op == "!=")
        within: Callable[[str, str], bool] = operator.contains if op in ("~", ":") else operator.eq
        reverse, first = op == "!=", value[0] if len(value) == 1 else None

        def matches(texts: str | Sequence[str]) -> bool:
            if first is not None and isinstance(texts, str):
                return within(texts.lower(), first) != reverse
            all_texts = (texts,) if isinstance(texts, str) else texts
            for text in all_texts:
                lower = text.lower()
                for part in value:
                    if within(lower, part):
                        return not reverse
            return reverse

        return matches


_ORDERS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


class Filter:
    """Terms that must all hold. `faults`: why some of the text is invalid; nothing is filtered by that."""

    def __init__(self, text: str = "", terms: tuple[Term, ...] = (), faults: tuple[str, ...] = ()) -> None:
        self.text, self.terms, self.faults = text, terms, faults

    def __bool__(self) -> bool:
        return bool(self.terms)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Filter) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def select(self, rows: Sequence[R], readers: Readers[R]) -> Sequence[R]:
        """The rows for which all terms hold, in their order. Raises TooComplex."""
        for term in sorted(self.terms, key=lambda term: term.op == "re"):
            test = term.test(readers)
            rows = [row for row in rows if test(row)]
        return rows


NO_FILTER = Filter()


class Fields(Generic[R]):
    """The fields of a list with their readers, the text that words are looked for in, and its states."""

    def __init__(
        self,
        fields: Mapping[str, tuple[Field, Callable[[R], Any]]],
        text: Callable[[R], str],
        states: Mapping[str, tuple[str, str]] = {},
    ) -> None:
        self.vocabulary = Vocabulary({name: field for name, (field, _) in fields.items()}, states)
        self._readers = {TEXT: text, **{name: read for name, (_, read) in fields.items()}}

    def readers(self, name: str) -> Callable[[R], Any]:
        """The reader of a field."""
        return self._readers[name]

    def select(self, chosen: Filter, rows: Sequence[R]) -> Sequence[R]:
        """The rows that a filter lets pass. Raises TooComplex."""
        return chosen.select(rows, self.readers)

    def holds(self, chosen: Filter, row: R) -> bool:
        """Whether a filter lets a row pass. Raises TooComplex."""
        return bool(self.select(chosen, (row,)))


def parse(text: str, vocabulary: Vocabulary) -> Filter:
    """Parse a filter as typed. It never fails: what is invalid is a fault, and no term."""
    terms: list[Term] = []
    faults: list[str] = []
    for token in tokens(text):
        try:
            terms.append(_term(token, vocabulary))
        except ValueError as error:
            faults.append(str(error))
    return Filter(" ".join(tokens(text)), tuple(terms), tuple(faults))


_OPS = r"!=|<=|>=|<|>|=|~|:"
_NAME = r"[a-z0-9$/%][a-z0-9$/%_.-]*"
_COMPARED = re.compile(rf"(?P<field>{_NAME})(?P<op>{_OPS})(?P<value>.*)", re.IGNORECASE | re.DOTALL)
_OPENS = re.compile(rf"!?(?:re:|{_NAME}(?:{_OPS}))?", re.IGNORECASE)
_WORD = re.compile(r"[a-z][a-z0-9_-]*|[$%][a-z0-9$%/_-]*")
"""What is the name of a field before a colon, whether there is such a field or not."""

_LISTED = 60
"""Letters of a list of fields in a message."""


def tokens(text: str) -> tuple[str, ...]:
    """The terms of a text as typed: a quote at the beginning of a word, or of a value, holds spaces together."""
    matches: list[str] = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        start = at
        opening = _OPENS.match(text, at)
        quote = opening.end() if opening is not None else at
        if text[quote : quote + 1] == '"':
            end = text.find('"', quote + 1)
            at = end + 1 if end >= 0 else len(text)
        while at < len(text) and not text[at].isspace():
            at += 1
        matches.append(text[start:at].rstrip() if at == len(text) else text[start:at])
    return tuple(matches)


def _term(token: str, vocabulary: Vocabulary) -> Term:
    """One term. Raises ValueError with the message about it."""
    negated = token.startswith("!") and not token.startswith("!=")
    body = token[1:] if negated else token
    if not body:
        raise ValueError("! expects a term, such as !stopped")
    if body[:3].lower() == "re:":
        if len(body) == 3:
            raise ValueError("re: expects a pattern, such as re:train-[0-9]+")
        try:
            return Term(TEXT, "re", Pattern(_unquoted(body[3:])), negated)
        except PatternError as error:
            raise ValueError(f"re: {error}") from None
    lower = body.lower()
    if lower in vocabulary.states:
        field, value = vocabulary.states[lower]
        is_flag = vocabulary.fields[field].kind is Kind.FLAG
        return Term(field, "=", value == "yes" if is_flag else (value,), negated)
    match = _COMPARED.fullmatch(body)
    if match is None:
        if re.match(r"[<>=~]|!=", body):
            raise ValueError(f"{_short(body)} expects a field before it{_such_as(vocabulary)}")
        return Term(TEXT, "~", _unquoted(body).lower(), negated)
    name = vocabulary.named(match["field"].lower())
    if name is None:
        return _no_field(match, body, vocabulary, negated)
    return _compared(match["field"].lower(), match["op"], _unquoted(match["value"]), vocabulary, negated)


def _such_as(vocabulary: Vocabulary) -> str:
    names = [*vocabulary.fields][:3]
    return f", such as {', '.join(names[:-1])} or {names[-1]}" if len(names) > 1 else ""


def _no_field(match: re.Match[str], body: str, vocabulary: Vocabulary, negated: bool) -> Term:
    import difflib

    given, is_colon = match["field"].lower(), match["op"] == ":"
    # Times, images and addresses have colons too.
    if is_colon and (not vocabulary.fields or match["value"].startswith("/") or not _WORD.fullmatch(given)):
        return Term(TEXT, "~", body.lower(), negated)
    near = difflib.get_close_matches(given, vocabulary.names, 1) if len(given) <= 40 else []
    hint = f"did you mean {near[0]}?" if near else f"expected {_listed(vocabulary)}"
    quoted = f'; as text: "{_short(body)}"' if is_colon and not match["value"].startswith('"') else ""
    raise ValueError(f"unknown field {_short(given)}; {hint}{quoted}")


def _listed(vocabulary: Vocabulary) -> str:
    """The fields that there are, as many as fit into a line."""
    names = [*vocabulary.fields]
    if not names:
        return "a word"
    text = ", ".join(names)
    return text if len(text) <= _LISTED else f"{text[: text.rindex(',', 0, _LISTED)]}, …"


def _compared(given: str, op: str, value: str, vocabulary: Vocabulary, negated: bool) -> Term:
    name = vocabulary.named(given) or given
    field = vocabulary.fields[name]
    match field.kind:
        case Kind.NUMBER | Kind.SECONDS:
            if op == "~":
                raise ValueError(f"{given} is a {field.kind.value}; compare it with = < >")
            try:
                parsed = number(value, field.unit) if field.kind is Kind.NUMBER else seconds(value)
            except WrongUnit as error:
                raise ValueError(f"{given} {error}") from None
            if parsed is None:
                what = "a number" if field.kind is Kind.NUMBER else "a duration such as 30m or 2h"
                raise ValueError(f"{given}{op} expects {what}: {field.words}")
            return Term(name, "=" if op == ":" else op, parsed[0], negated, parsed[1])
        case Kind.TIME if (ago := seconds(value)) is not None and op != "~":
            return Term(name, "=" if op == ":" else op, ago[0], negated, ago[1])
        case Kind.TIME if op in _ORDERS:
            raise ValueError(f"{given}{op} expects how long ago, such as 2h or 7d: {field.words}")
        case Kind.FLAG:
            flag = _FLAGS.get(value.lower())
            if flag is None or op in _ORDERS:
                raise ValueError(f"{given}: expects yes or no: {field.words}")
            return Term(name, op, flag, negated)
    parts = tuple(part for part in value.lower().split(",") if part)
    known = not field.choices or all(any(part in choice for choice in field.choices) for part in parts)
    if not parts or op in _ORDERS or not known:
        raise ValueError(f"{given}: expects {field.words}")
    return Term(name, op, parts, negated)


_FLAGS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


def _unquoted(text: str) -> str:
    """A value without its quotes. Raises ValueError if they are not closed."""
    if not text.startswith('"'):
        return text
    if len(text) < 2 or not text.endswith('"'):
        raise ValueError('a " is not closed')
    return text[1:-1]


def _short(text: str) -> str:
    return text if len(text) <= 20 else f"{text[:19]}…"


def completion(text: str, vocabulary: Vocabulary) -> str:
    """What would complete the term at the end of a text: the rest of a field's name, of a value, or of a state."""
    last = (tokens(text) or ("",))[-1]
    if not text or text[-1].isspace() or not text.endswith(last):
        return ""
    begun = last.removeprefix("!").lower()
    match = _COMPARED.fullmatch(begun)
    if match is None:
        candidates: tuple[str, ...] = (*vocabulary.fields, *vocabulary.states, *vocabulary.names)
    else:
        name = vocabulary.named(match["field"])
        field = vocabulary.fields.get(name or "")
        states = tuple(value for of, value in vocabulary.states.values() if of == name)
        # The shortest first: a value with a space would be two terms.
        choices = field.choices if field is not None else ()
        candidates = tuple(sorted((each for each in (*choices, *states) if " " not in each), key=len))
        begun = match["value"].rpartition(",")[2]
    if not begun:
        return ""
    return next((each[len(begun) :] for each in candidates if each.startswith(begun) and each != begun), "")
