"""Which worker runs which tests: quick ones go to it by the file, since to give out each costs more than to run it."""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadGroupScheduling

BY_FILE = tuple(
    f"tests/{folder}/"
    for folder in (
        "api", "commands/topics", "config", "demo", "domain", "files", "format", "report", "storage", "store",
        "system", "ui", "words",
    )
)  # fmt: skip
"""Where a file takes some seconds in all, and its tests look at the same screens: a worker lays out and styles each of
them once. Elsewhere the cases of a test stay together, and nothing else does."""


WAITING = ("tests/cli/", "typing")
"""Where tests wait for programs that they started, most of their time. One worker runs them from the start on, while
the others compute: side by side, at the end, they would leave the cores idle."""


class Scheduling(LoadGroupScheduling):
    """xdist's, with more than one test to a unit of work, and without going through all that is done for each test."""

    def _assign_work_unit(self, node: Any) -> None:
        others = (scope for other, scopes in self.assigned_work.items() if other is not node for scope in scopes)
        wanted = not any(scope.startswith(WAITING) for scope in others)
        found = next((scope for scope in self.workqueue if scope.startswith(WAITING) is wanted), None)
        if found is not None:
            self.workqueue.move_to_end(found, last=False)
        super()._assign_work_unit(node)

    def _split_scope(self, nodeid: str) -> str:
        group = super()._split_scope(nodeid)
        if group != nodeid or self.config.option.markexpr == "soak":
            # Long runs are given out one by one.
            return group
        file, _, _ = nodeid.partition("::")
        return file if file.startswith(BY_FILE) else nodeid.partition("[")[0]

    def mark_test_complete(self, node: Any, item_index: int, duration: float = 0) -> None:
        super().mark_test_complete(node, item_index, duration)
        scope = self._split_scope(self.registered_collections[node][item_index])
        if all(self.assigned_work[node][scope].values()):
            del self.assigned_work[node][scope]


def tell_what_counts(config: pytest.Config) -> None:
    """Let a worker keep to itself that a test begins and that its setup and teardown went well: four of six messages
    for each of thousands of tests, which nobody reads unless each test is to be named or its duration told."""
    if config.option.verbose > 0 or config.option.durations is not None:
        return
    (worker,) = (one for one in config.pluginmanager.get_plugins() if type(one).__name__ == "WorkerInteractor")
    send = worker.sendevent

    def send_what_counts(name: str, **content: Any) -> None:
        data = content.get("data")
        if name in ("logstart", "logfinish"):
            return
        if name == "testreport" and data["outcome"] == "passed" and data["when"] != "call" and not data["sections"]:
            return
        send(name, **content)

    worker.sendevent = send_what_counts
