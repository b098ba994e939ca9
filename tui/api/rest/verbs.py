"""What RunPod accepts for pods at the moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from msgspec import Raw

from tui.api.models import PodVerb
from tui.api.quantities import Id, Reader, Several, Word
from tui.api.rest.exchange import Answer
from tui.api.rest.pods import verbs
from tui.api.rest.problems import Missing
from tui.api.rest.wire import Wire
from tui.api.values import each


class WireVerbs(Wire):
    id: Id
    actions: Annotated[list[Word | None], Several]


_verbs = Reader[WireVerbs](WireVerbs)


def of_pods(items: Sequence[Raw], pod_ids: Sequence[str]) -> Mapping[str, frozenset[PodVerb]]:
    """Of these pods, as far as they are listed and understood."""
    result = each(items, "pods", _verbs, lambda wire: (wire.id, verbs(wire.actions))).good
    return {pod_id: legal for pod_id, legal in result if pod_id in pod_ids}


def of_answers(pod_ids: Sequence[str], answers: Sequence[Answer | BaseException]) -> Mapping[str, frozenset[PodVerb]]:
    """Of pods that were requested one by one. Raises the first error if none could be read for one."""
    read = [answer for answer in answers if isinstance(answer, Answer)]
    errors = [a for a in answers if isinstance(a, BaseException) and not isinstance(a, Missing)]
    if errors and not read:
        raise errors[0]
    return of_pods([answer.body for answer in read if answer.body is not None], pod_ids)
