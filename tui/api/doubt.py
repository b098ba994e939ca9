"""Whether an answer has the pods: nothing is done on the word of one that may not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.api.errors import Malformed
from tui.api.models import PARTIAL

if TYPE_CHECKING:
    from tui.api.models import Problem, Snapshot


def is_of_pods(problem: Problem) -> bool:
    """Whether an error may be about the pods: all but one whose path leads to another part of the answer."""
    if problem.code == PARTIAL:
        return False
    path = problem.path[1:] if problem.path[:1] == ("data",) else problem.path
    if not path or not isinstance(path[0], str):
        return True
    if path[0] != "myself":
        return "pods" in path
    return len(path) == 1 or path[1] == "pods" or not isinstance(path[1], str)


def doubt(snapshot: Snapshot) -> str:
    """What RunPod said that puts the pods of an answer in doubt; empty where nothing does."""
    return "; ".join(problem.message for problem in snapshot.problems if is_of_pods(problem))


def with_pods(snapshot: Snapshot) -> Snapshot:
    """An answer that tells of the pods. Raises Malformed: one without them is no reason to do anything."""
    if snapshot.pods is None:
        problems = "; ".join(problem.message for problem in snapshot.problems)
        raise Malformed(f"RunPod answered without the pods: {problems or 'it does not say why'}.")
    return snapshot


def surely_with_pods(snapshot: Snapshot) -> Snapshot:
    """The same, and without an error beside them that may be about them: what is sent is sent for what they are now."""
    if reason := doubt(with_pods(snapshot)):
        raise Malformed(f"RunPod answered with an error beside the pods: {reason}.")
    return snapshot
