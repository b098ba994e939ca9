"""Whether a response has the pods: nothing is done on the basis of one that may not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.api.errors import Malformed
from tui.api.models import PARTIAL

if TYPE_CHECKING:
    from tui.api.models import Problem, Snapshot


def is_of_pods(problem: Problem) -> bool:
    """Whether an error may be about the pods: all but one whose path leads to another part of the response."""
    if problem.code == PARTIAL:
        return False
    path = problem.path[1:] if problem.path[:1] == ("data",) else problem.path
    if not path or not isinstance(path[0], str):
        return True
    if path[0] != "myself":
        return "pods" in path
    return len(path) == 1 or path[1] == "pods" or not isinstance(path[1], str)


def doubt(snapshot: Snapshot) -> str:
    """The message of RunPod's that puts the pods of a response in doubt; empty if there is none."""
    return "; ".join(problem.message for problem in snapshot.problems if is_of_pods(problem))


def with_pods(snapshot: Snapshot) -> Snapshot:
    """A response that has the pods. Raises Malformed: one without them is no reason to do anything."""
    if snapshot.pods is None:
        problems = "; ".join(problem.message for problem in snapshot.problems)
        raise Malformed(f"RunPod's response has no pod list: {problems or 'no reason given'}.")
    return snapshot


def surely_with_pods(snapshot: Snapshot) -> Snapshot:
    """The same, and without an error beside them that may be about them: requests are sent for their current state."""
    if reason := doubt(with_pods(snapshot)):
        raise Malformed(f"RunPod returned the pods with an error: {reason}.")
    return snapshot
