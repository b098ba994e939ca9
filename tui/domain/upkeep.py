"""Effects of what changes a pod in place: a restart, a lock at RunPod, a new name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui.api.enums import PodStatus
from tui.api.models import PodVerb
from tui.domain import offered, pod_health
from tui.domain.action import PodAction, Point
from tui.format import numbers as fmt

if TYPE_CHECKING:
    from tui.api.models import Funds, Pod
    from tui.domain.action import Command

LONGEST_POD_NAME = 191
"""Characters of a pod's name. RunPod documents no limit; this is that of an indexed MySQL text."""

_LOCK_FORBIDS = frozenset({PodVerb.STOP, PodVerb.TERMINATE})
"""What RunPod refuses of a locked pod (HTTP 400), though it goes on to list it as possible."""


def will_refuse(action: PodAction, pod: Pod) -> str:
    """Why RunPod will refuse an action, as far as it reports that; empty if it does not."""
    if action.verb_at_runpod is None or pod.verbs is None:
        return ""
    if pod.locked and action.verb_at_runpod in _LOCK_FORBIDS:
        return "it is locked there; unlock it first (U)"
    if action.verb_at_runpod in pod.verbs:
        return ""
    return f"it does not accept this while the pod is {pod.status.lower()}"


def refusals(action: PodAction, pods: Sequence[Pod]) -> tuple[Point, ...]:
    """The notice that RunPod itself will refuse, for each reason."""
    by_reason: dict[str, list[str]] = {}
    for pod in pods:
        if why := will_refuse(action, pod):
            by_reason.setdefault(why, []).append(pod.name or pod.id)
    alone = len(pods) == 1
    return tuple(
        Point("RunPod", f"RunPod will refuse{'' if alone else f' for {_listed(names)}'}: {why}.", "bad")
        for why, names in by_reason.items()
    )


LONG = 86_400.0
"""Seconds of running after which a pod is worth a lock."""


def worth_locking(pod: Pod) -> str:
    """Why a pod is worth a lock at RunPod; empty if it is not, is locked already, or cannot be.

    A stop ends a long run, and terminating destroys a volume: a lock costs nothing, and refuses both.
    """
    if pod.locked or pod.cluster_id or pod.status == PodStatus.TERMINATED:
        return ""
    up = pod.runtime.uptime if pod_health.is_live(pod) and pod.runtime is not None else None
    if up is not None and up >= LONG:
        return f"up {fmt.duration(up)}"
    return f"{pod.volume_gb:.0f} GB volume" if pod.volume_gb else ""


def of_fixed_gpus(pods: Sequence[Pod]) -> tuple[Point, ...]:
    """The notice that pods start with the GPUs that they had, where the API takes no other number of them."""
    if not any(pod.gpu_count for pod in pods):
        return ()
    had = f"its {pods[0].gpu_count} GPU{'s' * (pods[0].gpu_count != 1)}" if len(pods) == 1 else "the GPUs they had"
    return (Point("GPUs", f"Starts with {had}; another number, or none, is {offered.WORDS}.", "muted"),)


def of_restarting(pods: Sequence[Pod], asked: Sequence[Command], funds: Funds | None) -> tuple[Point, ...]:
    """The effects of restarting these pods."""
    several = len(pods) > 1
    wiped = "The container disks are wiped" if several else "The container disk is wiped"
    bare = [pod for pod in pods if pod.volume_gb == 0 and not pod.network_volume_id]
    if bare:
        which = "No volume" if not several else f"No volume on {_listed([pod.name or pod.id for pod in bare])}"
        data = Point("data", f"{wiped}. {which}: NOTHING else survives.", "bad")
    else:
        data = Point("data", f"{wiped}; volumes stay." if several else f"{wiped}; the volume stays.", "warn")
    points = [
        Point("money", "No change: billing continues during the restart."),
        data,
        Point("later", f"Everything that runs in {'them' if several else 'it'} ends now. The GPUs are kept.", "warn"),
    ]
    if any(pod.locked for pod in pods):
        points.append(Point("", "Locked on RunPod, which may refuse.", "warn"))
    return tuple(points)


def of_locking(pods: Sequence[Pod], asked: Sequence[Command], funds: Funds | None) -> tuple[Point, ...]:
    """The effects of locking these pods at RunPod."""
    them = "it" if len(pods) == 1 else "them"
    return (
        Point("money", "No change: billing continues."),
        Point("later", f"RunPod refuses to stop or terminate {them} until unlocked (U), whoever asks.", "good"),
        Point("", "Auto-stop timers cannot end a locked pod either.", "warn"),
    )


def of_unlocking(pods: Sequence[Pod], asked: Sequence[Command], funds: Funds | None) -> tuple[Point, ...]:
    """The effects of unlocking these pods at RunPod."""
    they = "It" if len(pods) == 1 else "They"
    return (
        Point("money", "No change: billing continues."),
        Point("later", f"{they} can be stopped and terminated again, also by auto-stop timers.", "warn"),
    )


def of_renaming(pods: Sequence[Pod], asked: Sequence[Command], funds: Funds | None) -> tuple[Point, ...]:
    """The effects of renaming a pod."""
    return (
        Point("money", "No change."),
        Point("later", "Nothing restarts. Scripts that use the old name no longer find the pod.", "muted"),
    )


def name_fault(name: str, old: str) -> str:
    """What is wrong with a new name; empty if nothing is."""
    text = name.strip()
    if not text:
        return "Name: enter a name"
    if text == old.strip():
        return "Name: enter a new name"
    if not text.isprintable():
        return "Name: contains characters that cannot be shown"
    if len(text) > LONGEST_POD_NAME:
        return f"Name: at most {LONGEST_POD_NAME} characters"
    return ""


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
