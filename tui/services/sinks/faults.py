"""Why a sink that is set cannot work, as far as that shows without sending anything."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from tui.config.settings import SINKS, Notify
from tui.files import paths
from tui.services.sinks.sink import MakeSink, Means, NotSent

Which = Callable[[str], str | None]


def active(means: Means) -> list[str]:
    """The names of the sinks that send with these settings, here."""
    makes: dict[str, MakeSink] = {name: import_module(f"tui.services.sinks.{name}").sink for name in SINKS}
    return [name for name, make in makes.items() if make(means) is not None]


def faults(settings: Notify, active: list[str], which: Which) -> dict[str, str]:
    """By the name of a sink: what is missing. `which`: the path of a program."""
    reasons = {name: reason for name, check in _CHECKS.items() if name in active and (reason := check(settings, which))}
    if settings.desktop and "desktop" not in active:
        reasons["desktop"] = "notify-send not found"
    return reasons


def _command(settings: Notify, which: Which) -> str:
    program = settings.command[0]
    return "" if which(program) is not None else f"command {program} not found, or not executable"


def _tmux(settings: Notify, which: Which) -> str:
    return "" if which("tmux") is not None else "tmux not found"


def _mail(settings: Notify, which: Which) -> str:
    from tui.services.sinks.mail import SENDMAIL, password_of

    if not settings.smtp:
        return "" if any(which(name) for name in SENDMAIL) else "sendmail not found; set smtp"
    if settings.smtp_user and not settings.smtp_password_file:
        return "smtp_user is set, and smtp_password_file is not"
    return _tried(lambda: password_of(settings.smtp_password_file), settings.smtp_password_file)


def _webhook(settings: Notify, which: Which) -> str:
    return _token(settings.webhook_token_file, "webhook_token_file")


def _ntfy(settings: Notify, which: Which) -> str:
    return _token(settings.ntfy_token_file, "ntfy_token_file")


def _slack(settings: Notify, which: Which) -> str:
    return _address(settings.slack_file, "slack_file")


def _discord(settings: Notify, which: Which) -> str:
    return _address(settings.discord_file, "discord_file")


def _token(file: str, setting: str) -> str:
    from tui.services.sinks.posting import authorization

    return _tried(lambda: authorization(file, setting), file)


def _address(file: str, setting: str) -> str:
    from tui.services.sinks.posting import address_in

    return _tried(lambda: address_in(file, setting), file)


def _tried(read: Callable[[], object], file: str) -> str:
    try:
        read()
    except NotSent as reason:
        return f"{reason} ({paths.expanded(file)})"
    return ""


_CHECKS: dict[str, Callable[[Notify, Which], str]] = {
    "command": _command, "tmux": _tmux, "webhook": _webhook, "ntfy": _ntfy, "slack": _slack, "discord": _discord,
    "mail": _mail,
}  # fmt: skip
