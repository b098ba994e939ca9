"""What a `Cloud` reports beside its responses: requests that leave, RunPod's rate limits, and the end of an API."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from tui.api.errors import CloudError


class Api(StrEnum):
    """RunPod's APIs. A value is the word of the setting, and of the header."""

    GRAPHQL = "graphql"
    REST = "rest"

    @property
    def label(self) -> str:
        """Its name in sentences."""
        return "GraphQL" if self is Api.GRAPHQL else "REST v2"


RETIRING = Api.GRAPHQL
"""The API that RunPod retires in early 2027."""


class Quota(Struct, frozen=True, gc=False):
    """One window of a rate limit, as a response reported it.

    It is of the whole account: other programs with its keys use the same.

    name:      the server's word, such as "minute".
    seconds:   the window's length.
    most:      requests allowed in it; None if not reported.
    remaining: requests left in it.
    resets_in: seconds until it starts again.
    """

    name: str
    seconds: float | None
    most: int | None
    remaining: int
    resets_in: float


class Retirement(Struct, frozen=True):
    """A response that announces the end of its API (the headers `Sunset` and `Deprecation`).

    at: when, in epoch seconds; None if the header gives no date.
    """

    api: Api
    at: float | None


class Switched(Struct, frozen=True):
    """From now on another API is used: RunPod has switched the former one off."""

    before: Api
    after: Api
    error: CloudError


def _nothing(*values: object) -> None:
    return None


class Listener(Struct, frozen=True):
    """The callbacks of whoever uses a `Cloud`. They are called within requests, and must return at once.

    sent:     a request leaves, over this API.
    limits:   a response reported the windows of its API's rate limit.
    retiring: a response announced the end of its API.
    switched: another API is used from now on.
    barred:   an API that is used beside another rejects the key, for this reason: what only it offers is not offered.
    """

    sent: Callable[[Api], object] = _nothing
    limits: Callable[[Api, tuple[Quota, ...]], object] = _nothing
    retiring: Callable[[Retirement], object] = _nothing
    switched: Callable[[Switched], object] = _nothing
    barred: Callable[[Api, CloudError], object] = _nothing
