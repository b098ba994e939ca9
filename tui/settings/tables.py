"""Every setting there is: a frozen Struct for each table of `config.toml`, its fields the keys.

Each field says what it takes and what it is for. The commented file of `podtop config --init`, the JSON schema, the
manual and the words of errors are made from these declarations, which are evaluated only when one is needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from msgspec import Struct

from tui.api.secret import Secret
from tui.settings import kinds

API_URL = "https://api.runpod.io/graphql"


class Ssh(Struct, frozen=True):
    """How podtop reaches into a pod."""

    user: Annotated[str, kinds.USER, "who to be in the pod, where it has a public port"] = "root"
    key_file: Annotated[str | None, kinds.PRIVATE_KEY, "the private key; ssh's own choice without it"] = None
    options: Annotated[tuple[str, ...], kinds.ARGUMENTS, "more arguments for ssh, each a string of its own"] = ()
    proxy_host: Annotated[str, kinds.HOST, "RunPod's proxy, for pods without a public port"] = "ssh.runpod.io"


class Notify(Struct, frozen=True):
    """How podtop calls a person who looks elsewhere; each way is off unless it stands here."""

    bell: Annotated[bool, kinds.FLAG, "ring the terminal's bell"] = False
    osc9: Annotated[bool, kinds.FLAG, "a notification of the terminal (iTerm2, Windows Terminal, ConEmu, kitty)"] = (
        False
    )
    osc777: Annotated[bool, kinds.FLAG, "the same for foot, Ghostty, WezTerm, urxvt; both pass through tmux"] = False
    tmux: Annotated[bool, kinds.FLAG, "a message in tmux's status line, where podtop runs in tmux"] = False
    command: Annotated[
        tuple[str, ...], kinds.COMMAND, "a program, never a shell, with {title} and {text} filled in; it gets no key"
    ] = ()
    webhook: Annotated[str, kinds.WEBHOOK, 'gets {"title", "text", "kind", "at"} as JSON'] = ""
    webhook_token_file: Annotated[str, kinds.FILE, "its content goes to the webhook as a bearer token"] = ""


class Profile(Struct, frozen=True):
    """One account, chosen by --profile NAME, PODTOP_PROFILE or profile; what stands here beats the top of the file."""

    api_url: Annotated[str | None, kinds.API_URL, "where this profile's GraphQL is"] = None
    api_key_file: Annotated[str | None, kinds.KEY_FILE, "a file that holds its API key and nothing else"] = None
    api_key_env: Annotated[str | None, kinds.VARIABLE, "an environment variable that holds its API key"] = None
    api_key: Annotated[Secret | None, kinds.SECRET, "its API key itself; the file must then be yours alone"] = None
    read_only: Annotated[bool | None, kinds.FLAG, "never send a mutation with this profile"] = None
    color: Annotated[str, kinds.COLOR, "the colour of its badge in the header, by its part in the theme"] = "accent"


class Settings(Struct, frozen=True):
    """What stands at the top of the file, before the first table."""

    api_url: Annotated[str, kinds.API_URL, "where RunPod's GraphQL is"] = API_URL
    api_key_file: Annotated[str | None, kinds.KEY_FILE, "a file that holds the API key and nothing else"] = None
    api_key_env: Annotated[str | None, kinds.VARIABLE, "an environment variable that holds the API key"] = None
    api_key: Annotated[Secret | None, kinds.SECRET, "the API key itself; the file must then be yours alone"] = None
    profile: Annotated[str | None, kinds.NAME, "the profile to begin with where no other is chosen"] = None
    interval: Annotated[float, kinds.SECONDS, "seconds between polls of pods and balance"] = 5.0
    market_interval: Annotated[float, kinds.SECONDS, "seconds between polls of prices"] = 30.0
    read_only: Annotated[bool, kinds.FLAG, "never send a mutation"] = False
    record: Annotated[bool, kinds.FLAG, "keep what is seen; false: keep no history"] = True
    lock_after: Annotated[float, kinds.MINUTES, "minutes without a key after which actions lock"] = 10.0
    theme: Annotated[str | None, kinds.THEME, "the look: podtop-dark, podtop-light, or any of Textual's themes"] = None
    mouse: Annotated[bool, kinds.FLAG, "use the mouse; false leaves it to the terminal"] = True
    ascii: Annotated[bool, kinds.FLAG, "draw with ASCII alone, for terminals without boxes and braille"] = False
    slow_link: Annotated[
        bool | str, kinds.AUTO, 'send less, for a slow link; "auto": when the terminal takes it slowly'
    ] = "auto"
    log_level: Annotated[
        str, kinds.LEVEL, "what podtop.log is told: debug has every request, info what happens and what podtop says"
    ] = "info"
    ssh: Ssh = Ssh()
    notify: Notify = Notify()
    keymap: Annotated[
        Mapping[str, str],
        kinds.KEYS,
        "other keys: the id of a binding, as podtop config --keys lists them",
    ] = {}
    profiles: Mapping[str, Profile] = {}
