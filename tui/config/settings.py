"""Every setting there is: a frozen Struct for each table of `config.toml`, its fields the keys.

Each field says what it takes and what it is for. The commented file of `podtop config --init`, the JSON schema, the
manual and the words of errors are made from these declarations, which are evaluated only when one is needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from msgspec import Struct

from tui.api.secret import Secret
from tui.config.value_types import (
    API_URL as URL,
)
from tui.config.value_types import (
    ARGUMENTS,
    AUTO,
    COLOR,
    COMMAND,
    FILE,
    FLAG,
    HOST,
    KEY_FILE,
    KEYS,
    LEVEL,
    MINUTES,
    NAME,
    PRIVATE_KEY,
    SECONDS,
    SECRET,
    THEME,
    USER,
    VARIABLE,
    WEBHOOK,
)

API_URL = "https://api.runpod.io/graphql"


class Ssh(Struct, frozen=True):
    """How podtop reaches into a pod."""

    user: Annotated[str, USER, "who to be in the pod, where it has a public port"] = "root"
    key_file: Annotated[str | None, PRIVATE_KEY, "the private key; ssh's own choice without it"] = None
    options: Annotated[tuple[str, ...], ARGUMENTS, "more arguments for ssh, each a string of its own"] = ()
    proxy_host: Annotated[str, HOST, "RunPod's proxy, for pods without a public port"] = "ssh.runpod.io"


class Notify(Struct, frozen=True):
    """How podtop calls a person who looks elsewhere; each way is off unless it stands here."""

    bell: Annotated[bool, FLAG, "ring the terminal's bell"] = False
    osc9: Annotated[bool, FLAG, "a notification of the terminal (iTerm2, Windows Terminal, ConEmu, kitty)"] = False
    osc777: Annotated[bool, FLAG, "the same for foot, Ghostty, WezTerm, urxvt; both pass through tmux"] = False
    tmux: Annotated[bool, FLAG, "a message in tmux's status line, where podtop runs in tmux"] = False
    command: Annotated[
        tuple[str, ...],
        COMMAND,
        "a program, never a shell, with {title} and {text} filled in; it gets no key",
    ] = ()
    webhook: Annotated[str, WEBHOOK, 'gets {"title", "text", "kind", "at"} as JSON'] = ""
    webhook_token_file: Annotated[str, FILE, "its content goes to the webhook as a bearer token"] = ""


SINKS = ("terminal", "tmux", "command", "webhook")
"""The modules of `services/sinks` that read [notify], in the order in which they are called."""


class Profile(Struct, frozen=True):
    """One account, chosen by --profile NAME, PODTOP_PROFILE or profile; what stands here beats the top of the file."""

    api_url: Annotated[str | None, URL, "where this profile's GraphQL is"] = None
    api_key_file: Annotated[str | None, KEY_FILE, "a file that holds its API key and nothing else"] = None
    api_key_env: Annotated[str | None, VARIABLE, "an environment variable that holds its API key"] = None
    api_key: Annotated[Secret | None, SECRET, "its API key itself; the file must then be yours alone"] = None
    read_only: Annotated[bool | None, FLAG, "never send a mutation with this profile"] = None
    color: Annotated[str, COLOR, "the colour of its badge in the header, by its part in the theme"] = "accent"


class Settings(Struct, frozen=True):
    """What stands at the top of the file, before the first table."""

    api_url: Annotated[str, URL, "where RunPod's GraphQL is"] = API_URL
    api_key_file: Annotated[str | None, KEY_FILE, "a file that holds the API key and nothing else"] = None
    api_key_env: Annotated[str | None, VARIABLE, "an environment variable that holds the API key"] = None
    api_key: Annotated[Secret | None, SECRET, "the API key itself; the file must then be yours alone"] = None
    profile: Annotated[str | None, NAME, "the profile to begin with where no other is chosen"] = None
    interval: Annotated[float, SECONDS, "seconds between polls of pods and balance"] = 5.0
    market_interval: Annotated[float, SECONDS, "seconds between polls of prices"] = 30.0
    read_only: Annotated[bool, FLAG, "never send a mutation"] = False
    record: Annotated[bool, FLAG, "keep what is seen; false: keep no history"] = True
    lock_after: Annotated[float, MINUTES, "minutes without a key after which actions lock"] = 10.0
    theme: Annotated[str | None, THEME, "the look: podtop-dark, podtop-light, or any of Textual's themes"] = None
    mouse: Annotated[bool, FLAG, "use the mouse; false leaves it to the terminal"] = True
    ascii: Annotated[bool, FLAG, "draw with ASCII alone, for terminals without boxes and braille"] = False
    slow_link: Annotated[bool | str, AUTO, 'send less, for a slow link; "auto": when the terminal takes it slowly'] = (
        "auto"
    )
    log_level: Annotated[
        str,
        LEVEL,
        "what podtop.log is told: debug has every request, info what happens and what podtop says",
    ] = "info"
    ssh: Ssh = Ssh()
    notify: Notify = Notify()
    keymap: Annotated[
        Mapping[str, str],
        KEYS,
        "other keys: the id of a binding, as podtop config --keys lists them",
    ] = {}
    profiles: Mapping[str, Profile] = {}
