"""GraphQL documents and their responses, over the transport that both of RunPod's APIs share."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any

import httpx
import msgspec

from tui.api.errors import CloudError, Malformed
from tui.api.graphql.envelope import Answer, open_answer
from tui.api.http import failures
from tui.api.http.call import Call
from tui.api.http.transport import LARGE, Transport, told
from tui.api.listener import Api
from tui.api.models import Problem
from tui.api.secret import Secret

_OPERATION = re.compile(r"^\s*(?:query|mutation)\s+(\w+)", re.MULTILINE)

_encode = msgspec.json.Encoder().encode


class Exchange(Transport[Answer]):
    """Sends documents to one address; arguments as `GraphQLCloud`'s."""

    def __init__(
        self,
        url: str,
        key: Secret | None,
        *,
        transport: httpx.AsyncBaseTransport | None,
        deadline: float,
        wall: Callable[[], float],
    ) -> None:
        super().__init__(url, key, api=Api.GRAPHQL, transport=transport, deadline=deadline, wall=wall)

    async def ask(
        self,
        document: str,
        variables: dict[str, Any],
        *,
        with_key: bool = True,
        secrets: tuple[Secret, ...] = (),
        lines: bool = False,
        again: bool = False,
    ) -> Answer:
        """Send one document, once; return its response, or raise a `CloudError`. Options as `Call`'s."""
        operation = _OPERATION.search(document)
        content = _encode({"query": document, "variables": variables})
        name = operation[1] if operation else ""
        return await self.send(
            Call(name, "POST", self._url, content, with_key=with_key, secrets=secrets, lines=lines, again=again)
        )

    async def _received(self, response: httpx.Response, call: Call, secrets: tuple[Secret, ...]) -> Answer | CloudError:
        if not response.is_success:
            refusal = await self._refusal(response)
            if response.is_client_error and _says_gone(response, refusal):
                return failures.retired()
            problems = told(_problems(refusal), secrets)
            return failures.of_status(response, problems, self.host, self._wall)
        content = await self._body(response, call)
        if isinstance(content, CloudError):
            return content
        if len(content) < LARGE:
            answer = open_answer(content, call.lines)
        else:
            answer = await asyncio.to_thread(open_answer, content, call.lines)
        return Answer(answer.data, told(answer.problems, secrets))

    def _incomplete(self, outcome: Answer) -> str:
        return "; ".join(problem.message for problem in outcome.problems)


class _Stated(msgspec.Struct):
    status: int = 0


def _says_gone(response: httpx.Response, refusal: bytes) -> bool:
    """Whether a problem document (RFC 9457) says that the API is switched off, by whatever status a proxy sent it."""
    if "application/problem+json" not in response.headers.get("content-type", "").lower():
        return False
    try:
        return msgspec.json.decode(refusal, type=_Stated).status == 410
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return False


def _problems(refusal: bytes) -> tuple[Problem, ...]:
    try:
        return open_answer(refusal).problems
    except Malformed:
        return ()
