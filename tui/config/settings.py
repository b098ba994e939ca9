"""All settings: a frozen Struct for each table of `config.toml`, its fields the keys.

Each field declares what it takes and its purpose. The commented file of `podtop config --init`, the JSON schema, the
manual and error messages are made from these declarations, which are evaluated only when one is needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from msgspec import Struct

from tui.api.secret import Secret
from tui.config.value_types import (
    A_FEW,
    ACCOUNTS,
    ADDRESS,
    ADDRESS_FILE,
    API,
    ARGUMENTS,
    AUTO,
    COLOR,
    COMMAND,
    FILE,
    FLAG,
    HEADERS,
    HOST,
    HOURS,
    IDLE_RULE,
    IDLE_RULES,
    KEY_FILE,
    KEYS,
    LEVEL,
    LISTEN,
    LOGIN,
    MINUTES,
    NAME,
    NTFY,
    PRIVATE_KEY,
    SECONDS,
    SECRET,
    SERVER,
    SMTP,
    THEME,
    TIME_OF_DAY,
    USER,
    VARIABLE,
    WEBHOOK,
    columns_of,
)
from tui.config.value_types import (
    API_URL as URL,
)
from tui.config.value_types import (
    TOPICS as TOPICS_OF,
)
from tui.domain.alert_rules import AlertRules
from tui.domain.signals.rules import SignalRules

API_URL = "https://api.runpod.io/graphql"


SOURCES = ("api_key", "api_key_file", "api_key_env")
"""The settings that locate the API key, the one that is used first."""


class Ssh(Struct, frozen=True):
    """How podtop connects to a pod."""

    user: Annotated[str, USER, "user name on pods with a public port"] = "root"
    key_file: Annotated[str | None, PRIVATE_KEY, "private key; by default, ssh chooses one"] = None
    options: Annotated[tuple[str, ...], ARGUMENTS, "additional arguments for ssh"] = ()
    proxy_host: Annotated[str, HOST, "RunPod's proxy, for pods without a public port"] = "ssh.runpod.io"


SECRET_FILES = ("webhook_token_file", "ntfy_token_file", "slack_file", "discord_file", "smtp_password_file")
"""The settings of [notify] that name files with a secret."""

OF_SECRETS = {"notify": SECRET_FILES, "watcher": ("token_file",), "history": ("token_file",)}
"""The settings that name files with a secret, by their tables."""

TOPICS = ("money", "runs", "trouble", "watch")
"""What notifications are about: money, what runs on the GPUs, trouble with pods and RunPod, the user's own watches."""


class Notify(Struct, frozen=True):
    """How podtop notifies you of alerts and watches. All ways are off by default."""

    for_: Annotated[tuple[str, ...], TOPICS_OF, "what you are notified of; NAME_for is the same for one way"] = TOPICS
    quiet: Annotated[
        str, HOURS, "quiet hours: one summary at their end; money in danger and imminent stops are not held back"
    ] = ""
    digest: Annotated[str, TIME_OF_DAY, "when to send a daily digest: what is wasted now, and was since the last"] = ""
    weekly: Annotated[bool, FLAG, "report of the last week in a line, on Mondays at 09:00"] = True
    bell: Annotated[bool, FLAG, "ring the terminal's bell"] = False
    osc9: Annotated[bool, FLAG, "terminal notification (iTerm2, Windows Terminal, ConEmu, kitty)"] = False
    osc777: Annotated[bool, FLAG, "the same for foot, Ghostty, WezTerm, urxvt; both work through tmux"] = False
    tmux: Annotated[bool, FLAG, "message in the status line of the tmux that podtop runs in"] = False
    command: Annotated[
        tuple[str, ...],
        COMMAND,
        "program to run, without a shell; {title} and {text} are replaced; it gets no API key",
    ] = ()
    webhook: Annotated[str, WEBHOOK, 'URL that receives {"title", "text", "kind", "at"} as JSON'] = ""
    webhook_token_file: Annotated[str, FILE, "file with the bearer token for the webhook"] = ""
    desktop: Annotated[bool, FLAG, "notification of the desktop, by notify-send"] = False
    ntfy: Annotated[str, NTFY, "ntfy topic that gets title, text and priority"] = ""
    ntfy_token_file: Annotated[str, FILE, "file with the access token for ntfy"] = ""
    slack_file: Annotated[str, ADDRESS_FILE, "file with the URL of an incoming webhook of Slack"] = ""
    discord_file: Annotated[str, ADDRESS_FILE, "file with the URL of a webhook of Discord"] = ""
    mail_to: Annotated[str, ADDRESS, "address that gets e-mail, by sendmail unless smtp is set"] = ""
    mail_from: Annotated[str, ADDRESS, "sender of the e-mail; default: mail_to"] = ""
    smtp: Annotated[str, SMTP, "mail server that sends the e-mail"] = ""
    smtp_user: Annotated[str, LOGIN, "user name at the mail server, if it needs one"] = ""
    smtp_password_file: Annotated[str, FILE, "file with the password at the mail server"] = ""
    terminal_for: Annotated[tuple[str, ...], TOPICS_OF, "what bell, osc9 and osc777 are for"] = ()
    tmux_for: Annotated[tuple[str, ...], TOPICS_OF, "what the message in tmux is for"] = ()
    command_for: Annotated[tuple[str, ...], TOPICS_OF, "what the program is for"] = ()
    webhook_for: Annotated[tuple[str, ...], TOPICS_OF, "what the webhook is for"] = ()
    desktop_for: Annotated[tuple[str, ...], TOPICS_OF, "what the desktop is for"] = ()
    ntfy_for: Annotated[tuple[str, ...], TOPICS_OF, "what ntfy is for"] = ()
    slack_for: Annotated[tuple[str, ...], TOPICS_OF, "what Slack is for"] = ()
    discord_for: Annotated[tuple[str, ...], TOPICS_OF, "what Discord is for"] = ()
    mail_for: Annotated[tuple[str, ...], TOPICS_OF, "what e-mail is for"] = ()


SINKS = ("terminal", "tmux", "command", "webhook", "desktop", "ntfy", "slack", "discord", "mail")
"""The modules of `services/sinks` that read [notify], in the order in which they are called."""


class Watcher(Struct, frozen=True):
    """What podtop record does besides recording and notifying. With a screen, podtop does all of it."""

    leases: Annotated[bool, FLAG, "stop or terminate pods whose lease ends, as --enforce-leases"] = False
    watches: Annotated[bool, FLAG, "deploy and resume for armed watches, as --watches"] = False
    idle: Annotated[bool, FLAG, "stop idle pods for which that is armed, as --auto"] = False
    listen: Annotated[str, LISTEN, "address that serves /metrics to Prometheus, as --listen"] = ""
    token_file: Annotated[str, FILE, "file with the bearer token that readers send; needed beyond this machine"] = ""
    offers: Annotated[bool, FLAG, "export prices and stock of the market too"] = False
    peer: Annotated[str, SERVER, "address of a recorder on another host, which acts if it began first"] = ""


class History(Struct, frozen=True):
    """A Prometheus-compatible server with history that podtop did not see itself."""

    url: Annotated[str, SERVER, "its address, such as that of VictoriaMetrics; a path may follow"] = ""
    token_file: Annotated[str, FILE, "file with its bearer token; needs https beyond this machine"] = ""
    headers: Annotated[tuple[str, ...], HEADERS, "headers that it needs, such as a tenant's"] = ()


class Auto(Struct, frozen=True):
    """Pods that podtop may stop once they are idle. Nothing is stopped until you arm it: see podtop auto."""

    idle: Annotated[str, IDLE_RULE, "what to do with any pod whose GPUs do nothing"] = "off"
    pods: Annotated[
        tuple[tuple[str, str], ...], IDLE_RULES, "the same by pattern of names; the first that matches counts"
    ] = ()
    per_day: Annotated[float, A_FEW, "pods that are stopped within 24 hours, at most"] = 3.0


class Columns(Struct, frozen=True):
    """Columns of the lists, in their order. What you choose with C on the screen comes before this."""

    fleet: Annotated[tuple[str, ...], columns_of("fleet"), "pods of the Fleet screen"] = ()
    prices: Annotated[tuple[str, ...], columns_of("prices"), "market pane of the Fleet screen"] = ()
    market: Annotated[tuple[str, ...], columns_of("market"), "GPU types of the Market screen"] = ()
    flavors: Annotated[tuple[str, ...], columns_of("flavors"), "CPU pods of the Market screen"] = ()
    cpus: Annotated[tuple[str, ...], columns_of("cpus"), "CPUs of the Market screen"] = ()
    centers: Annotated[tuple[str, ...], columns_of("centers"), "data centers of the Market screen"] = ()
    watches: Annotated[tuple[str, ...], columns_of("watches"), "watches of the Market screen"] = ()
    money: Annotated[tuple[str, ...], columns_of("money"), "pods of the Account screen"] = ()
    charges: Annotated[tuple[str, ...], columns_of("charges"), "charges by day"] = ()
    billing: Annotated[tuple[str, ...], columns_of("billing"), "billing by GPU type"] = ()
    report: Annotated[tuple[str, ...], columns_of("report"), "report of a week or month"] = ()
    payments: Annotated[tuple[str, ...], columns_of("payments"), "payments"] = ()
    templates: Annotated[tuple[str, ...], columns_of("templates"), "templates"] = ()
    access: Annotated[tuple[str, ...], columns_of("access"), "API keys, registry logins, network volumes"] = ()
    hosts: Annotated[tuple[str, ...], columns_of("hosts"), "machines of the Hosts screen"] = ()


class Profile(Struct, frozen=True):
    """One account, selected by --profile NAME, PODTOP_PROFILE or profile; it overrides the top of the file."""

    api_url: Annotated[str | None, URL, "URL of either of RunPod's APIs for this profile"] = None
    api: Annotated[str | None, API, "which of RunPod's APIs, for this profile"] = None
    api_key_file: Annotated[str | None, KEY_FILE, "file with its API key only"] = None
    api_key_env: Annotated[str | None, VARIABLE, "environment variable with its API key"] = None
    api_key: Annotated[Secret | None, SECRET, "its API key; make the file readable by you only"] = None
    read_only: Annotated[bool | None, FLAG, "never send a mutation with this profile"] = None
    color: Annotated[str, COLOR, "color of its badge in the header, by its role in the theme"] = "accent"


class Settings(Struct, frozen=True):
    """Settings at the top of the file, before the first table."""

    api_url: Annotated[str, URL, "URL of either of RunPod's APIs: it ends in /graphql or /v2"] = API_URL
    api: Annotated[str, API, "which API; auto: GraphQL until RunPod switches it off, then REST v2"] = "auto"
    api_key_file: Annotated[str | None, KEY_FILE, "file with the API key only"] = None
    api_key_env: Annotated[str | None, VARIABLE, "environment variable with the API key"] = None
    api_key: Annotated[Secret | None, SECRET, "the API key; make the file readable by you only"] = None
    profile: Annotated[str | None, NAME, "default profile"] = None
    accounts: Annotated[tuple[str, ...], ACCOUNTS, "profiles used together where no profile is chosen"] = ()
    interval: Annotated[float, SECONDS, "seconds between polls of pods and balance"] = 5.0
    market_interval: Annotated[float, SECONDS, "seconds between polls of prices"] = 30.0
    read_only: Annotated[bool, FLAG, "never send a mutation"] = False
    record: Annotated[bool, FLAG, "record history"] = True
    lock_after: Annotated[float, MINUTES, "minutes without input until actions lock"] = 10.0
    theme: Annotated[str | None, THEME, "color theme; the command palette (:) lists all of them"] = None
    mouse: Annotated[bool, FLAG, "use the mouse; false: leave it to the terminal"] = True
    ascii: Annotated[bool, FLAG, "draw with ASCII only, for terminals without box characters and braille"] = False
    slow_link: Annotated[bool | str, AUTO, 'send less output; "auto": while the terminal is slow to accept it'] = "auto"
    log_level: Annotated[
        str,
        LEVEL,
        "level of podtop.log: debug adds every request to info's events and messages",
    ] = "info"
    ssh: Ssh = Ssh()
    notify: Notify = Notify()
    watcher: Watcher = Watcher()
    history: History = History()
    auto: Auto = Auto()
    columns: Columns = Columns()
    alerts: AlertRules = AlertRules()
    signals: SignalRules = SignalRules()
    keymap: Annotated[
        Mapping[str, str],
        KEYS,
        "custom keys by binding ID; podtop config --keys lists the IDs",
    ] = {}
    profiles: Mapping[str, Profile] = {}
