"""`Connect`: from a key on a pod to an SSH session in it, or to a connection text on the clipboard."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from tui.format import numbers as fmt

if TYPE_CHECKING:
    from tui.api.models import Pod
    from tui.api.pod_detail import PodDetail
    from tui.history.playback import Playback
    from tui.services.session import Session
    from tui.store.fleet_state import Record
    from tui.system.clipboard import Outcome
    from tui.system.ssh import Route
    from tui.ui.controllers.host import Host
    from tui.ui.render.copy_entries import Entry

DEAF = 0.4
"""Seconds without a key, after podtop returns, until it accepts keys: earlier input may still be on its way."""


class Connect:
    """Connects screens to pods, and copies texts.

    simulated: whether the pods are simulated.
    """

    def __init__(
        self,
        session: Session,
        playback: Playback,
        host: Host,
        *,
        simulated: bool,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self.settings = session.config.ssh
        self.away = False
        self._deaf_until = 0.0
        self._session = session
        self._fleet = session.fleet
        self._playback = playback
        self._host = host
        self._reply = session.messages.reply
        self._simulated = simulated
        self._environ = environ
        self._hidden = session.config.hidden

    def hears(self) -> bool:
        """Whether a key that arrives now was typed for podtop; one that arrives too early extends the wait."""
        if self.away:
            return False
        now = self._session.monotonic()
        if now < self._deaf_until:
            self._deaf_until = now + DEAF
            return False
        return True

    # SSH into a pod

    def enter(self, pod: str | None) -> None:
        """Run ssh in podtop's place, into a pod by its id; or report why not."""
        if self.away:
            return
        if (why := self._refusal(pod)) is not None:
            self._reply(f"ssh: {why}")
            return
        from tui.system import ssh

        record = self._fleet.records[pod or ""]
        if record.pod is None:
            self._reply(f"ssh: {record.name or record.id} cannot be read by podtop")
            return
        routes = ssh.routes(record.pod, self.settings)
        if not routes:
            self._reply(f"ssh: cannot connect to {record.name or record.id}: {ssh.hindrance(record.pod)}")
            return
        if self._simulated and not ssh.is_here(routes[0]):
            # Its addresses belong to somebody else.
            line = ssh.line(routes[0], self.settings)
            self._reply(f"ssh: demo pods cannot be reached. The command would be:\n{line}")
            return
        program = shutil.which("ssh", path=self._environ.get("PATH"))
        if program is None:
            self._reply("ssh: no ssh client found; install OpenSSH. c copies the command")
            return
        name, cautions = record.name or record.id, self._cautions(record, record.pod, routes[0])
        # From here on no key is podtop's: keys typed after this one are on their way already.
        self.away = True
        self._host.run_worker(self._ssh(name, routes[0], cautions, program))

    def may_enter(self, pod: str | None) -> bool:
        """Whether ssh into a pod is worth a try."""
        return self._refusal(pod) is None

    def _refusal(self, pod: str | None) -> str | None:
        if self._playback.replay:
            return "pods of a replay cannot be reached"
        if self._playback.in_history or self._playback.waiting:
            return "viewing history; press = to go live first"
        if pod is None:
            return "no pod under the cursor"
        if pod not in self._fleet.records:
            return "this pod is no longer on the account"
        return None

    def _cautions(self, record: Record, pod: Pod, route: Route) -> list[str]:
        from tui.system import ssh

        now = self._playback.clock()
        cautions = [ssh.caution(pod, route, record.moved_at, now)]
        if self._fleet.pods_stale(now) and self._fleet.pods_at is not None:
            age = fmt.duration(now - self._fleet.pods_at)
            cautions.append(f"no data from RunPod for {age}: the address may be outdated")
        return [text for text in cautions if text]

    async def _ssh(self, name: str, route: Route, cautions: list[str], program: str) -> None:
        from tui.services.sinks.sink import plain
        from tui.system import foreground, ssh
        from tui.system.subprocesses import without_keys

        argv = ssh.argv(route, self.settings)
        way = "via RunPod's proxy" if route.proxied else "directly"
        reply = ""
        try:
            with self._host.suspend():
                if self._environ.get("TERM") == "linux":
                    # It has no second screen: podtop's last frame is still on it.
                    _write("\x1b[999;1H\r\n")
                _tell(f"podtop: connecting to {plain(name)} {way}; exit or ~. returns", ssh.line(route, self.settings))
                _tell(*(f"▲ {text}" for text in cautions))
                begun = self._session.monotonic()
                try:
                    try:
                        code = await foreground.run(argv, without_keys(self._environ, self._hidden), program)
                    finally:
                        _write(foreground.RESET)
                except foreground.NotStarted as error:
                    reply = f"ssh: {error}"
                else:
                    took = self._session.monotonic() - begun
                    ended = ssh.outcome(code, took)
                    if ssh.is_failure(code, took):
                        _tell("", f"podtop: {ended} ({code})" if code == ssh.FAILED else f"podtop: {ended}")
                        _tell(*(f"  {text}" for text in ssh.advice(code, route, self.settings, cautions, took)))
                        _tell("press any key to return to podtop")
                        await foreground.key()
                    elif code:
                        reply = ended
        except SuspendNotSupported:
            reply = "ssh: this terminal cannot be handed to another program"
        finally:
            self.away = False
            self._deaf_until = self._session.monotonic() + DEAF
        self._session.guard.touch()
        if reply:
            self._reply(reply)

    # Copying

    def menu(self, first: tuple[Entry, ...], pod: str | None) -> None:
        """Show the copy menu: `first`, then the texts of a pod."""
        from tui.ui.render import copy_entries

        fleet, _ = self._playback.view
        record = fleet.records.get(pod) if pod is not None else None
        entries, note = first, ""
        if record is not None and record.pod is not None:
            of_pod, note = copy_entries.of_pod(record.pod, self._detail(record.id), self.settings)
            entries += of_pod
            if self._playback.in_history:
                note = "history: addresses as of that time"
        elif pod is not None:
            entries += copy_entries.of_unknown(pod, record.name if record is not None else "")
        if not entries:
            self._reply("Nothing to copy here")
            return
        from tui.ui.modals.copy import CopyMenu

        title = (record.name if record is not None else "") or pod or ""
        # A toast would cover a part of it.
        self._host.clear_notifications()
        self._host.push_screen(CopyMenu(title, entries, note, self.copy), self._copied)

    def _detail(self, pod: str) -> PodDetail | None:
        inspection = self._fleet.inspection
        if inspection is None or inspection.pod != pod or inspection.detail is None:
            return None
        return inspection.detail.value

    async def copy(self, text: str) -> Outcome:
        """Put a text on the clipboard."""
        from tui.system import clipboard

        return await clipboard.copy(text, self._host.send, environ=self._environ, hidden=self._hidden)

    def _copied(self, reply: str | None) -> None:
        if reply:
            self._reply(reply)

    async def copy_selection(self, text: str) -> None:
        """Copy the screen's selection."""
        self._reply((await self.copy(text)).words)


def _write(text: str) -> None:
    """To the terminal, while podtop does not paint on it."""
    try:
        os.write(1, text.encode("utf-8", "replace"))
    except OSError:
        # The terminal is gone: a signal ends podtop.
        return


def _tell(*lines: str) -> None:
    _write("".join(f"{line}\r\n" for line in lines))
