"""`LeaseFile`: an account's leases on disk, shared by all podtops of a user."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from tui.domain.lease import Lease
from tui.storage.json_store import JsonStore


class LeaseFile(JsonStore[Lease]):
    """One file per account, by pod. Methods block, for milliseconds: the file is small."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, Lease, "leases", "no pod is stopped automatically now")

    def set(self, lease: Lease) -> None:
        self.put(lease.pod, lease)

    def extend(self, pod: str, ends: float) -> None:
        """Set another end. A lease whose action was already sent cannot be extended."""
        with self.changed() as leases:
            old = leases.get(pod)
            if old is not None and old.sent_at is None:
                leases[pod] = replace(old, ends=ends, warned_at=None)

    def warned(self, lease: Lease, at: float) -> bool:
        """Record that the user was warned of exactly this end; False if the lease has changed since."""
        return self.swap(lease.pod, lease, replace(lease, warned_at=at))

    def not_sent(self, pod: str) -> None:
        """Record that nothing was sent after all."""
        with self.changed() as leases:
            if pod in leases:
                leases[pod] = replace(leases[pod], sent_at=None)
