"""Kinds of settings: what each takes, in words for the user, and as a type of msgspec, which reads and describes it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, time
from typing import Annotated, Any, Literal, cast
from urllib.parse import urlsplit

from msgspec import Meta, Struct, convert, json
from msgspec.structs import replace

from tui.api.http.endpoint import host_of, objection
from tui.api.secret import Secret, mask

LONGEST_TOLD = 100
"""Characters of a refused value or an unknown name that are shown."""


def shown(value: object) -> str:
    """A value as it may appear in the file, cut if it is too long to be shown."""
    try:
        return short(_in_toml(value))
    except ValueError:
        # Python writes no number of thousands of digits.
        return "…"


def _in_toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, list):
        return f"[{', '.join(map(_in_toml, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name!r} = {_in_toml(item)}' for name, item in value.items())}}}"
    return repr(value)


def short(text: str) -> str:
    """A text as it may be shown in one line. What looks like a key is masked before a cut could hide its form."""
    text = mask(text)
    return text if len(text) <= LONGEST_TOLD else f"{text[: LONGEST_TOLD - 1]}…"


def _unseen(value: object) -> str:
    return ""


def _host_alone(value: object) -> str:
    """Only scheme and host of a URL, as the rest may hold a key."""
    if not isinstance(value, str):
        return shown(value)
    return repr(f"{value.partition('://')[0]}://{host_of(value)}/…" if "://" in value else "…")


def _as_it_is(value: Any) -> Any:
    return value


def _two_times(value: str) -> str:
    """From a time to the same one it is either never or always: nobody knows which is meant."""
    begin, _, end = value.partition("-")
    if begin == end:
        raise ValueError(value)
    return value


class Kind(Struct, frozen=True):
    """What a setting takes.

    accepted: in words that follow "expected".
    type:     what msgspec makes of a TOML value, within `limits`, which are those of msgspec.Meta.
    check:    what msgspec cannot check: returns the setting's value, or raises ValueError.
    parse:    the text of a flag or a variable to a TOML value.
    tell:     what may be shown of a refused value; empty if nothing may.
    example:  a value as it appears in the file, for a setting without a default.
    """

    accepted: str
    type: Any
    limits: Mapping[str, Any] = {}
    check: Callable[[Any], Any] = _as_it_is
    parse: Callable[[str], object] = str
    tell: Callable[[object], str] = shown
    example: str = ""

    @property
    def limited(self) -> Any:
        """The type with its limits. Made on demand: a start that sets nothing compiles no pattern."""
        return Annotated[self.type, Meta(**self.limits)]

    @property
    def schema(self) -> dict[str, Any]:
        """The same as JSON schema."""
        return json.schema(self.limited)

    def read(self, value: object) -> Any:
        """Convert a TOML value to the setting's. Raises ValueError."""
        return self.check(convert(value, self.limited))


_WORDS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def _word(text: str) -> object:
    return _WORDS.get(text.strip().lower(), text)


def _number_in(text: str) -> object:
    try:
        return float(text)
    except ValueError:
        return text


def number(low: float, high: float, accepted: str) -> Kind:
    """A number from `low` to `high`."""
    return Kind(accepted, float, {"ge": low, "le": high}, parse=_number_in)


def _on_one_line(value: str) -> str:
    if not value.isprintable():
        raise ValueError
    return value


def text(accepted: str, pattern: str = r"(?=.*\S).+", *, example: str = "") -> Kind:
    """Text on one line that matches a pattern completely."""
    return Kind(accepted, str, {"pattern": f"^(?:{pattern})$"}, _on_one_line, example=f'"{example}"')


def choice(*names: str) -> Kind:
    """One of a few words."""
    return Kind(", ".join(names[:-1]) + f" or {names[-1]}", cast("Any", Literal)[names], example=f'"{names[-1]}"')


def _without_nul(values: tuple[str, ...]) -> tuple[str, ...]:
    if any("\0" in value for value in values):
        raise ValueError
    return values


def texts(accepted: str, *, least: int = 0, example: str) -> Kind:
    """An array of strings, `least` or more of them."""
    type = tuple[Annotated[str, Meta(min_length=1)], ...]
    return Kind(f"{accepted}, as in {example}", type, {"min_length": least}, _without_nul, example=example)


def columns_of(table: str) -> Kind:
    """Names of the columns of a list."""
    from tui.config.column_names import of_list

    names = of_list(table)
    example = ", ".join(f'"{name}"' for name in names[:2])
    accepted = f"an array of names of columns: {', '.join(names)}"
    return Kind(
        accepted,
        tuple[Annotated[str, Meta(min_length=1)], ...],
        {"min_length": 0},
        _without_nul,
        example=f"[{example}]",
    )


def _api_url(value: str) -> str:
    url = _web(value)
    if urlsplit(url).query or urlsplit(url).fragment:
        raise ValueError
    return url


def _web(value: str) -> str:
    if objection(value, with_key=True):
        raise ValueError
    return value


def _server(value: str) -> str:
    if objection(value, with_key=False) or urlsplit(value).query or urlsplit(value).fragment:
        raise ValueError
    return value


def _header_lines(values: tuple[str, ...]) -> tuple[str, ...]:
    if any(not re.fullmatch(r"[A-Za-z0-9-]+: [!-~][ -~]*", value) for value in values):
        raise ValueError
    return values


def _topic(value: str) -> str:
    if not urlsplit(_api_url(value)).path.strip("/"):
        raise ValueError
    return value


def _mail_server(value: str) -> str:
    url = urlsplit(value)
    if url.scheme not in ("smtp", "smtps") or not url.hostname or url.path not in ("", "/") or url.port == 0:
        raise ValueError
    if url.query or url.fragment or "@" in url.netloc:
        raise ValueError
    return value


_TIME = "(?:[01][0-9]|2[0-3]):[0-5][0-9]"


def _idle_rule(value: str) -> str:
    # Most starts read no such rule.
    from tui.domain.auto import seconds_of

    seconds_of(value)
    return value


def _idle_rules(value: Mapping[str, Mapping[str, str]]) -> tuple[tuple[str, str], ...]:
    if any(set(rules) != {"idle"} for rules in value.values()):
        raise ValueError
    return tuple((pattern, _idle_rule(rules["idle"])) for pattern, rules in value.items())


def _listen(value: str) -> str:
    # Most starts listen nowhere.
    from tui.domain.listen_address import listen_address

    listen_address(value)
    return value


FLAG = Kind("true or false", bool, parse=_word, example="true")
AUTO = Kind('"auto", true or false', Literal["auto"] | bool, parse=_word)
IDLE_RULE = Kind(
    '"stop after 60m" (15m to 24h) or "off"', str, {"pattern": r"^(?:stop after [1-9][0-9]{0,4}[mh]|off)$"}, _idle_rule,
    example='"stop after 60m"',
)  # fmt: skip
IDLE_RULES = Kind(
    'tables such as [auto.pods."exp-*"] with idle = "stop after 30m" or "off"', dict[str, dict[str, str]], {},
    _idle_rules, example='{ "exp-*" = { idle = "stop after 30m" } }',
)  # fmt: skip
A_FEW = number(1, 50, "a number from 1 to 50")
SECONDS = number(2, 86_400, "seconds, from 2 to 86400")
MINUTES = number(0, 1440, "minutes, from 0 (never) to 1440")
API_URL = Kind(
    "an https URL without credentials or query; http on loopback only", str,
    {"extra_json_schema": {"format": "uri", "pattern": "^https?://[^?#@]+$"}}, _api_url, tell=_host_alone,
    example='"https://api.runpod.io/graphql"',
)  # fmt: skip
WEBHOOK = Kind(
    # A webhook's address is a secret in itself.
    "an https URL; http on loopback only", str, {"extra_json_schema": {"format": "uri"}}, _web, tell=_unseen,
    example='"https://hooks.example.com/..."',
)  # fmt: skip
SERVER = Kind(
    "an http or https URL without credentials or query", str, {"extra_json_schema": {"format": "uri"}}, _server,
    tell=_host_alone, example='"http://vm:8428"',
)  # fmt: skip
HEADERS = Kind(
    'an array of headers, as in ["X-Scope-OrgID: gpu"]', tuple[str, ...], {"min_length": 0}, _header_lines,
    example='["X-Scope-OrgID: gpu"]',
)  # fmt: skip
NTFY = Kind(
    "an https URL with a topic; http on loopback only", str, {"extra_json_schema": {"format": "uri"}}, _topic,
    tell=_unseen, example='"https://ntfy.sh/my-secret-topic"',
)  # fmt: skip
SMTP = Kind(
    "smtps://HOST[:PORT] (TLS), or smtp://HOST[:PORT] (STARTTLS)", str,
    {"extra_json_schema": {"format": "uri", "pattern": "^smtps?://[^/?#@]+$"}}, _mail_server, tell=_host_alone,
    example='"smtps://mail.example.com"',
)  # fmt: skip
LISTEN = Kind(
    "HOST:PORT, as in 127.0.0.1:9464, or a port of this machine", str, {"pattern": r"\S"}, _listen,
    example='"127.0.0.1:9464"',
)  # fmt: skip
ADDRESS = text("an e-mail address", r"[^\s@<>(),;:\"]+@[^\s@<>(),;:\"]+", example="me@example.com")
LOGIN = text("a user name", r"\S+", example="me@example.com")
SECRET = Kind("a RunPod API key", str, {"pattern": r"\S"}, Secret, tell=_unseen, example='"rpa_..."')
VARIABLE = text("an environment variable name", "[A-Za-z_][A-Za-z0-9_]*", example="WORK_API_KEY")
KEY_FILE = text("the path of a file with a RunPod API key", example="~/.config/podtop/key")
PRIVATE_KEY = text("a file path", example="~/.ssh/id_ed25519")
FILE = text("a file path", example="~/.config/podtop/hook-token")
ADDRESS_FILE = text("the path of a file with a URL", example="~/.config/podtop/hook-url")
USER = text("a user name", "[A-Za-z_][A-Za-z0-9_.-]*", example="root")
HOST = text("a host name", "[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?", example="ssh.runpod.io")
THEME = text("a theme name, such as podtop-dark or podtop-light", example="podtop-light")
NAME = text("a profile name: at most 24 letters, digits, - and _", "[A-Za-z0-9][A-Za-z0-9_-]{0,23}", example="work")


def _names(values: tuple[str, ...]) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(NAME.read(value) for value in values))
    if len(names) < 2:
        raise ValueError
    return names


ACCOUNTS = Kind(
    'an array of two or more profile names, as in ["work", "lab"]', tuple[str, ...], {"min_length": 2},
    _names, lambda text: [name.strip() for name in text.split(",")], example='["work", "lab"]',
)  # fmt: skip
ARGUMENTS = texts("an array of arguments", example='["-o", "StrictHostKeyChecking=accept-new"]')
COMMAND = texts("an array of a program and its arguments", least=1, example='["notify-send", "{title}", "{text}"]')
TIME_OF_DAY = text('a time of day, as in "09:00"', _TIME, example="09:00")
HOURS = replace(
    text('two times of day, as in "22:00-08:00"', f"{_TIME}-{_TIME}", example="22:00-08:00"), check=_two_times
)  # fmt: skip
TOPICS = Kind(
    'an array of topics, as in ["money", "runs"]',
    tuple[Literal["money", "runs", "trouble", "watch"], ...], {"min_length": 1}, example='["money", "runs"]',
)  # fmt: skip
KEYS = text('a key, or several separated by commas, as in "f9" or "j,down"', example="f9")
API = choice("auto", "graphql", "rest")
LEVEL = choice("debug", "info", "warning", "error")
COLOR = choice("accent", "good", "warn", "bad", "muted")
