"""`Muting`: from a key on pods, or on an alert, to a mute."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from tui.domain.alert_rules import Mute

if TYPE_CHECKING:
    from tui.history.playback import Playback
    from tui.services.session import Session
    from tui.ui.controllers.host import Host
    from tui.ui.controllers.pod_actions import PodActions

LASTS = {"hour": 3600.0, "day": 86_400.0}
"""Seconds of the terms that end by time."""


class Subject(Struct, frozen=True):
    """What is muted: a pod, or without one the account; all its alerts, or those of one kind. `title`: in words."""

    pod: str
    kind: str
    title: str


class Muting:
    """Asks for how long, and mutes."""

    def __init__(self, session: Session, playback: Playback, actions: PodActions, host: Host) -> None:
        self._session = session
        self._actions = actions
        self._playback = playback
        self._host = host

    def pods(self, ids: Sequence[str]) -> None:
        """Mute all alerts of these pods."""
        records = self._session.fleet.records
        self.ask([Subject(id, "", records[id].name or id) for id in ids if id in records])

    def ask(self, subjects: Sequence[Subject]) -> None:
        """Ask for how long, and mute all of these."""
        reply = self._session.messages.reply
        if self._playback.replay:
            reply("mute: this is a recording")
            return
        if (why := self._actions.in_history()) is not None:
            reply(f"mute: {why}")
            return
        if not subjects:
            reply("mute: no pod or alert under the cursor")
            return
        from tui.ui.modals.mute import ALWAYS, DAY, HOUR, UNMUTE, WORKS, MuteMenu

        fleet, now = self._session.fleet, self._session.clock()
        of_pods = all(subject.pod for subject in subjects)
        muted = [
            subject
            for subject in subjects
            if any(
                mute.pod == subject.pod
                and mute.holds(now)
                and (not subject.kind or mute.covers(subject.pod, subject.kind))
                for mute in fleet.mutes
            )
        ]
        names = [record.name for s in subjects if (record := fleet.records.get(s.pod)) is not None]
        in_file = any(fleet.alert_rules.mutes(name) for name in names)
        terms = (HOUR, DAY, *((WORKS,) if of_pods else ()), ALWAYS, *((UNMUTE,) if muted else ()))
        title = subjects[0].title if len(subjects) == 1 else f"{len(subjects)} pods"

        def chosen(term: str | None) -> None:
            if term is not None:
                self._host.run_worker(self._mute(subjects, term, title))

        note = "also muted by [alerts.mute] in config.toml" if in_file else ""
        self._host.clear_notifications()
        self._host.push_screen(MuteMenu(title, terms, note), chosen)

    async def _mute(self, subjects: Sequence[Subject], term: str, title: str) -> None:
        from tui.ui.modals.mute import TERMS, UNMUTE, WORKS

        mutes, now = self._session.mutes, self._session.clock()
        for subject in subjects:
            if term == UNMUTE:
                await mutes.remove(subject.pod, subject.kind, title)
            else:
                until = now + LASTS[term] if term in LASTS else None
                mute = Mute(subject.pod, subject.kind, until, until_works=term == WORKS, set_at=now)
                await mutes.set(mute, f"{title}, {TERMS[term].label}")
