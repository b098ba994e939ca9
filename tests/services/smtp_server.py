"""A small SMTP server for tests, on loopback: plain, with STARTTLS, or with TLS from the first byte."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

CERTIFICATE = Path(__file__).parents[1] / "data" / "localhost.pem"
"""Of localhost, with its key: for tests alone, and its own authority."""


class SmtpServer:
    """Takes mails, or refuses them with `refusals`: by the verb, the whole response."""

    def __init__(self, tls: str = "none") -> None:
        self.tls = tls
        self.mails: list[EmailMessage] = []
        self.logins: list[tuple[str, str]] = []
        self.encrypted: list[bool] = []
        self.refusals: dict[str, str] = {}
        self.port = 0
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(CERTIFICATE)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[SmtpServer]:
        context = self._context if self.tls == "implicit" else None
        server = await asyncio.start_server(self._talk, "127.0.0.1", 0, ssl=context)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield self

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        encrypted = self.tls == "implicit"

        async def say(line: str) -> None:
            writer.write(f"{line}\r\n".encode())
            await writer.drain()

        await say("220 localhost ready")
        while line := (await reader.readline()).decode().strip():
            verb, _, rest = line.partition(" ")
            verb = verb.upper()
            if verb in self.refusals:
                await say(self.refusals[verb])
            elif verb == "EHLO":
                offers = ["localhost", "AUTH PLAIN"] + (
                    ["STARTTLS"] if self.tls == "starttls" and not encrypted else []
                )
                for n, offer in enumerate(offers):
                    await say(f"250{' ' if n == len(offers) - 1 else '-'}{offer}")
            elif verb == "STARTTLS":
                await say("220 go ahead")
                await writer.start_tls(self._context)
                encrypted = True
            elif verb == "AUTH":
                _, user, password = base64.b64decode(rest.split()[1]).decode().split("\0")
                self.logins.append((user, password))
                await say("235 welcome")
            elif verb == "DATA":
                await say("354 go on")
                content = (await reader.readuntil(b"\r\n.\r\n"))[:-3]
                mail = message_from_bytes(content, policy=policy.default)
                assert isinstance(mail, EmailMessage)
                self.mails.append(mail)
                self.encrypted.append(encrypted)
                await say("250 taken")
            elif verb == "QUIT":
                await say("221 bye")
                break
            else:
                await say("250 ok")
        writer.close()
