"""`OperationLog`: the audit log as the executor writes it, and each step of an operation in podtop's log."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from tui.api import log_lines

if TYPE_CHECKING:
    from tui.domain.action import Command
    from tui.domain.operations import Operation, Outcome
    from tui.storage.audit_log import AuditLog, Intent


class OperationLog:
    """`opened` opens the audit log, in a thread and before the first action. Methods raise AuditLogError."""

    def __init__(self, opened: Callable[[], AuditLog]) -> None:
        self._open = opened
        self._audit: AuditLog | None = None

    def _log(self) -> AuditLog:
        if self._audit is None:
            self._audit = self._open()
        return self._audit

    async def intent(self, operation: Operation, command: Command, by: str, account: str) -> str:
        """Log what is about to be sent; returns its id. It is on the disk when this returns."""

        def write() -> str:
            return self._log().intent(operation.action, operation.pod, operation.name, command.inputs, by, account)

        return await asyncio.to_thread(write)

    async def outcome(self, operation: Operation, outcome: Outcome) -> None:
        """Log how an operation ended; nothing if it was never about to be sent."""
        log_step(operation, "outcome", ending=outcome.ending, text=outcome.text)
        if operation.id:
            pod, is_unpriced = operation.pod or outcome.pod or None, outcome.unpriced
            await asyncio.to_thread(
                lambda: self._log().outcome(operation.id, outcome.ending.value, outcome.text, pod, unpriced=is_unpriced)
            )

    async def unfinished(self) -> tuple[Intent, ...]:
        """Requests that any podtop sent, or may have sent, and whose end is unknown; oldest first."""
        return await asyncio.to_thread(lambda: self._log().unfinished())

    async def unpriced(self) -> tuple[Intent, ...]:
        """Orders of any podtop whose new pods' prices were not compared yet with what was agreed to."""
        return await asyncio.to_thread(lambda: self._log().unpriced())


def log_step(operation: Operation, event: str, **fields: object) -> None:
    """Log a step of an operation, by its id, with those of its inputs that are not secret."""
    log_lines.event(
        "performer", f"mutation_{event}", id=operation.id, action=operation.action, pod=operation.pod,
        name=operation.name, fields=fields,
    )  # fmt: skip
