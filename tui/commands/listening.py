"""What `podtop record --listen` serves, and why it cannot be served."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tui.api.secret import Secret, remember
from tui.commands.stdio import note
from tui.config.keys import exposure_of_token, token
from tui.domain.listen_address import ListenAddress, listen_address
from tui.files.reading import FileTrouble

if TYPE_CHECKING:
    from tui.config.loader import Config

LEAST = 16
"""Characters of a token that cannot be guessed."""


class ListenError(Exception):
    """Nothing can be served as asked; the text says why, and what to do."""


class Listening(NamedTuple):
    """Where to serve; `token`: what readers send, None if only this machine reaches it."""

    where: ListenAddress
    token: Secret | None = None


def listening(config: Config, asked: str | None = None, token_file: str | None = None) -> Listening | None:
    """What to serve, by the flags or else the settings; None if nothing. Raises ListenError."""
    text = asked or config.watcher.listen
    if not text:
        if token_file:
            raise ListenError("--token-file needs --listen")
        return None
    where, file = listen_address(text), token_file or config.watcher.token_file
    if not file:
        if not where.is_local:
            raise ListenError(
                f"{where} is reached from other machines: add --token-file FILE with a bearer token that readers send, "
                "and a proxy with TLS in front; or listen on 127.0.0.1"
            )
        return Listening(where)
    try:
        text = token(file)
    except FileTrouble as error:
        raise ListenError(f"token file {file}: {error}") from error
    if token_file and (why := exposure_of_token(token_file)):
        note(f"--token-file: {why}")
    if len(text) < LEAST or not text.isascii() or not text.isprintable() or " " in text:
        raise ListenError(f"{file}: not a token of at least {LEAST} letters and digits; openssl rand -hex 32 makes one")
    secret = Secret(text)
    remember(secret)
    return Listening(where, secret)
