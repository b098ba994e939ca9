"""Who records an account, as another recorder says, and as the shared history has it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import msgspec

from tui.domain.recorders import AccountRecorder

if TYPE_CHECKING:
    import httpx

    from tui.api.secret import Secret
    from tui.config.settings import History, Watcher

Ask = Callable[[str], Awaitable[tuple[AccountRecorder, ...]]]
"""The recorders of an account, by its key, as one source knows them. Raises Unknown."""


class Unknown(Exception):
    """A source does not know. `str()` is a sentence."""


OWNERS = "/v1/owners"
"""Where a recorder says who it is, by account."""

PATIENCE = 10.0
LARGEST = 256 * 1024

encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(tuple[AccountRecorder, ...]).decode


def peer(watcher: Watcher, transport: httpx.AsyncBaseTransport | None = None) -> Ask:
    """Asks the recorder at an address of the settings."""

    async def ask(key: str) -> tuple[AccountRecorder, ...]:
        from tui.api.http import body
        from tui.api.http.connection import connect
        from tui.api.http.endpoint import host_of
        from tui.api.http.failures import of_transport

        name, proxy = host_of(watcher.peer), None
        secret = _token(watcher)
        headers = {"Authorization": f"Bearer {secret.reveal()}"} if secret is not None else {}
        try:
            line = await asyncio.to_thread(connect, watcher.peer, transport=transport, timeout=PATIENCE)
            proxy = line.proxy
            async with (
                line.client,
                asyncio.timeout(PATIENCE),
                line.client.stream("GET", f"{watcher.peer.rstrip('/')}{OWNERS}", headers=headers) as response,
            ):
                content = await body.read(response, LARGEST)
        except Exception as error:  # Whatever the libraries raise: who else records is unknown then.
            raise Unknown(str(of_transport(error, name, PATIENCE, proxy))) from None
        if response.status_code != 200:
            raise Unknown(f"{name} does not say who records (HTTP {response.status_code})")
        try:
            return _decode(content)
        except ValueError:
            raise Unknown(f"{name} does not respond like a podtop recorder") from None

    return ask


def _token(watcher: Watcher) -> Secret | None:
    from tui.api.http.endpoint import objection
    from tui.api.secret import Secret, remember
    from tui.config.keys import token
    from tui.files.reading import FileTrouble

    if not watcher.token_file:
        return None
    if objection(watcher.peer, with_key=True):
        raise Unknown("[watcher] peer: podtop sends no token over plain http; use https, or an ssh tunnel")
    try:
        secret = Secret(token(watcher.token_file))
    except FileTrouble as error:
        raise Unknown(f"[watcher] token_file: {error}") from None
    remember(secret)
    return secret


def engine(history: History) -> Ask:
    """Asks the server of the shared history, which scrapes the recorders."""

    async def ask(key: str) -> tuple[AccountRecorder, ...]:
        from tui.history.engine_recorders import recorders
        from tui.history.remote import HistoryUnavailable
        from tui.services.shared_history import remote_history

        # Why it cannot be used is reported where charts read it.
        remote = remote_history(history, lambda message: None)
        if remote is None:
            raise Unknown("[history] cannot be used")
        try:
            return await recorders(remote, key)
        except HistoryUnavailable as error:
            raise Unknown(str(error)) from None
        finally:
            await remote.close()

    return ask
