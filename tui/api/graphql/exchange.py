"""GraphQL documents and their responses, over the transport that both of RunPod's APIs share."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import httpx
import msgspec

from tui.api.errors import CloudError, Malformed
from tui.api.graphql.envelope import Answer, open_answer
from tui.api.http import failures
from tui.api.http.body import LARGEST, LARGEST_OF_CHANGE
from tui.api.http.call import Call
from tui.api.http.sanitize import clean_json
from tui.api.http.transport import LARGE, Transport, told
from tui.api.listener import Api
from tui.api.models import Problem
from tui.api.secret import Secret
from tui.api.values import NOT_UNDERSTOOD

_OPERATION = re.compile(r"^\s*(?:query|mutation)\s+(\w+)", re.MULTILINE)

_encode = msgspec.json.Encoder().encode


class Exchange(Transport[Answer]):
    """Sends documents to one address; arguments as `GraphQLCloud`'s."""

    api = Api.GRAPHQL

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
        call = Call(operation[1] if operation else "", "POST", self._url, content, with_key=with_key)
        largest = LARGEST if again else LARGEST_OF_CHANGE
        return await self.send(call._replace(secrets=secrets, lines=lines, again=again, largest=largest))

    async def _received(self, response: httpx.Response, call: Call, secrets: tuple[Secret, ...]) -> Answer | CloudError:
        if not response.is_success:
            refusal = await self._refusal(response)
            stated = _stated(response, refusal)
            if response.is_client_error and stated.status == 410:
                return failures.retired()
            problems = told(_problems(refusal, stated), secrets)
            return failures.of_status(response, refusal, problems, self.host, self._wall)
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
    title: str = ""
    detail: str = ""


def _stated(response: httpx.Response, refusal: bytes) -> _Stated:
    """What a problem document (RFC 9457) says, by whatever status a proxy sent it; empty if it is none."""
    if "application/problem+json" not in response.headers.get("content-type", "").lower():
        return _Stated()
    try:
        return msgspec.json.decode(clean_json(refusal), type=_Stated)
    except NOT_UNDERSTOOD:
        return _Stated()


def _problems(refusal: bytes, stated: _Stated) -> tuple[Problem, ...]:
    if stated.status == 403 and (text := stated.detail or stated.title):
        return (Problem(text),)
    try:
        return open_answer(refusal).problems
    except Malformed:
        return ()
