"""The table [signals]: which pods podtop reads signals of, and how; read, and described.

Its keys are declared as those of `tui.config.settings` are; their package is imported only if the table is there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from textwrap import wrap
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct
from msgspec.structs import asdict

from tui.config.fields import Field, fields
from tui.config.value_types import FLAG, Kind, choice, number, short, shown, texts
from tui.domain.signals.own_pattern import GROUPS, LONGEST, BadPattern, OwnPattern
from tui.domain.signals.presets import NAMES
from tui.domain.signals.rules import LOG, PodSignals, SignalRules

TABLE, PODS = "signals", "pods"

PURPOSE = (
    "What your training runs write: loss, step, time left. Nothing is read until a pod matches a pattern below; "
    "podtop help signals says what is run on a pod, word for word."
)
PODS_PURPOSE = "How pods whose names match a pattern are read; the first that matches counts."

_PATH = r"(?:/|~/)(?:[A-Za-z0-9._*?@=+,{}-]+/?)+"
_PATHS = Kind(
    "an array of absolute paths, which may have * and ?",
    tuple[Annotated[str, Meta(pattern=f"^{_PATH}$", max_length=300)], ...], {"min_length": 1, "max_length": 8},
    example='["/workspace/logs/*.log"]',
)  # fmt: skip
_MOUNTS = Kind(
    "an array of absolute paths",
    tuple[Annotated[str, Meta(pattern=r"^/(?:[A-Za-z0-9._-]+/?)*$", max_length=300)], ...],
    {"min_length": 1, "max_length": 8}, example='["/", "/workspace"]',
)  # fmt: skip
_PANE = Kind(
    "a pane of tmux, as in \"train\" or \"train:0.1\"", str, {"pattern": r"^[A-Za-z0-9_][A-Za-z0-9_:.-]{0,63}$"},
    example='"train:0.0"',
)  # fmt: skip
_SOURCES = Kind(
    'an array of "log" (RunPod\'s log stream) and "ssh" (the pod itself)', tuple[Literal["log", "ssh"], ...],
    {"min_length": 1, "max_length": 2}, example='["log", "ssh"]',
)  # fmt: skip
_PATTERN = Kind(
    f"a regular expression in the syntax of RE2 with named groups ({', '.join(GROUPS)})", str, {"max_length": LONGEST},
    example="'step (?P<step>\\d+) loss (?P<loss>\\S+)'",
)  # fmt: skip
_EVERY = number(10, 3600, "seconds, from 10 to 3600")
_KEPT = number(0, 100_000, "lines, from 0 to 100000; 0 keeps none")


class Signals(Struct, frozen=True):
    """Keys of [signals]."""

    profiles: Annotated[
        tuple[str, ...], texts("an array", example='["work"]'),
        "profiles with which pods are read, where one is in use",
    ] = ()  # fmt: skip
    every: Annotated[float, _EVERY, "seconds between two readings of a pod by ssh"] = 30.0
    quote: Annotated[bool, FLAG, "quote the log line in alerts and notifications about it"] = False
    keep_log: Annotated[float, _KEPT, "lines of each pod's log that the recording keeps, the newest"] = 0.0


class Pods(Struct, frozen=True):
    """Keys of [signals.pods."PATTERN"]."""

    sources: Annotated[tuple[str, ...], _SOURCES, "sources of the log, the first that works is used"] = (LOG,)
    preset: Annotated[str, choice(*NAMES), "whose lines they are; by default that is detected"] = ""
    pattern: Annotated[str, _PATTERN, "pattern of lines, in place of a preset"] = ""
    files: Annotated[tuple[str, ...], _PATHS, "log files to follow by ssh; of those that match, the newest"] = ()
    tmux: Annotated[str, _PANE, "pane of tmux whose lines are read by ssh"] = ""
    metrics: Annotated[
        tuple[str, ...], _PATHS, "files of TensorBoard, wandb, trackio, CSV or JSON lines to read by ssh"
    ] = ()
    machine: Annotated[bool, FLAG, "read GPU processes, memory and disks by ssh"] = True
    disks: Annotated[tuple[str, ...], _MOUNTS, "mounts whose use is read by ssh"] = ("/", "/workspace")


class Reader:
    """Reads the table; what is wrong is reported, and left out.

    say: reports what is wrong with the value of a key. table: reads a table of declared keys.
    """

    def __init__(
        self,
        say: Callable[[tuple[str, ...], str], object],
        table: Callable[[tuple[str, ...], type[Struct], dict[str, Any]], dict[str, Any]],
    ) -> None:
        self._say = say
        self._table = table

    def rules(self, table: dict[str, Any]) -> SignalRules:
        general = self._table((TABLE,), Signals, {key: value for key, value in table.items() if key != PODS})
        pods = table.get(PODS, {})
        if not isinstance(pods, dict):
            given = shown(pods)
            self._say((TABLE, PODS), f'signals.pods: invalid value {given}; expected tables, [signals.pods."llama-*"]')
            pods = {}
        return SignalRules(**general, pods=tuple(self._pods(pods)))

    def _pods(self, pods: dict[str, Any]) -> Iterator[tuple[str, PodSignals]]:
        for pattern, own in pods.items():
            keys, name = (TABLE, PODS, pattern), short(pattern)
            if not isinstance(own, dict):
                given = shown(own)
                self._say(
                    keys, f'signals.pods.{name}: invalid value {given}; expected a table, [signals.pods."{name}"]'
                )
                continue
            values = self._table(keys, Pods, own)
            if written := values.get("pattern"):
                try:
                    OwnPattern(written)
                except BadPattern as error:
                    self._say((*keys, "pattern"), f"signals.pods.{name}.pattern: {error}")
                    del values["pattern"]
            yield pattern, PodSignals(**values)


def _written(field: Field) -> str:
    if field.default in ("", ()):
        return field.kind.example
    if isinstance(field.default, tuple):
        return "[" + ", ".join(f'"{value}"' for value in field.default) + "]"
    return str(field.default).lower() if isinstance(field.default, bool) else f"{field.default:g}"


def example(width: int) -> Iterator[str]:
    """The table in the commented configuration file."""

    def comment(text: str) -> Iterator[str]:
        return (f"# {line}" for line in wrap(text, width, break_on_hyphens=False))

    def keys(table: type[Struct]) -> Iterator[str]:
        for field in fields(table).values():
            text = f"{field.words[:1].upper()}{field.words[1:]}. Expects {field.kind.accepted}."
            yield from ("", *comment(text), f"# {field.name} = {_written(field)}")

    yield from ("", "", *comment(PURPOSE), f"[{TABLE}]", *keys(Signals))
    yield from ("", *comment(PODS_PURPOSE), f'# [{TABLE}.{PODS}."llama-*"]', *keys(Pods))


def schema() -> dict[str, Any]:
    """JSON schema of the table."""

    def of(table: type[Struct]) -> dict[str, Any]:
        return {
            field.name: {
                "description": f"{field.words[:1].upper()}{field.words[1:]}. Expects {field.kind.accepted}.",
                **field.kind.schema,
            }
            for field in fields(table).values()
        }

    closed = {"type": "object", "additionalProperties": False}
    pods = {
        "type": "object", "description": PODS_PURPOSE, "additionalProperties": {**closed, "properties": of(Pods)},
    }  # fmt: skip
    return {**closed, "description": PURPOSE, "properties": {**of(Signals), PODS: pods}}


def explained(width: int) -> Iterator[str]:
    """The table in two lines a key, for the help of `podtop config` and for the manual."""

    def keys(table: type[Struct]) -> Iterator[str]:
        for field in fields(table).values():
            yield f"  {field.name}"
            text = f"{field.words} (expects {field.kind.accepted})"
            yield from (f"      {line}" for line in wrap(text, width - 6, break_on_hyphens=False))

    yield from ("", f"[{TABLE}]", *(f"  {line}" for line in wrap(PURPOSE, width - 2)), *keys(Signals))
    yield from ("", f'[{TABLE}.{PODS}."PATTERN"]', f"  {PODS_PURPOSE}", *keys(Pods))


def same_keys() -> bool:
    """Whether what is declared here is what the rules have: a test asks."""
    return asdict(PodSignals()) == asdict(Pods()) and {**asdict(Signals()), PODS: ()} == asdict(SignalRules())
