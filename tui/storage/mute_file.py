"""`MuteFile`: an account's mutes on disk, shared by all podtops of a user."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from tui.domain.alert_rules import Mute
from tui.storage.json_store import JsonStore


class MuteFile(JsonStore[Mute]):
    """One file per account, by what is muted. Methods block, for milliseconds: the file is small."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, Mute, "mutes", "no alert is muted now")

    def set(self, mute: Mute) -> None:
        """Mute; a mute of the same pod and kind is replaced."""
        self.put(_name(mute.pod, mute.kind), mute)

    def remove(self, pod: str, kind: str) -> None:
        """End every mute that covers alerts of this kind about a pod; without a kind, all of the pod."""
        with self.changed() as mutes:
            for name, mute in list(mutes.items()):
                if mute.pod == pod and (not kind or mute.kind in ("", kind)):
                    del mutes[name]

    def replace(self, changed: Mapping[Mute, Mute]) -> None:
        """Replace exactly these mutes: one that was set again in the meantime stays."""
        with self.changed() as mutes:
            for before, after in changed.items():
                name = _name(before.pod, before.kind)
                if mutes.get(name) == before:
                    mutes[name] = after

    def end(self, ended: Iterable[Mute]) -> None:
        """Remove exactly these mutes: one that was set again in the meantime stays."""
        with self.changed() as mutes:
            for mute in ended:
                name = _name(mute.pod, mute.kind)
                if mutes.get(name) == mute:
                    del mutes[name]


def _name(pod: str, kind: str) -> str:
    return f"{pod} {kind}".strip()
