"""What a command says on standard error of RunPod's APIs: that one was switched off, or will be. Not with -q."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.api import log_lines
from tui.api.capabilities import WORDS, Capability
from tui.api.dual import DualCloud
from tui.api.listener import RETIRING, Api, Listener
from tui.commands.stdio import note
from tui.domain import retirement

if TYPE_CHECKING:
    from tui.api.cloud import Cloud
    from tui.api.errors import CloudError
    from tui.api.listener import Retirement, Switched
    from tui.services.source import Source

DIRECT = 'Set api = "rest" to use it from the start.'


class ApiNews:
    """Listens to the cloud of one command, and prints each piece of news once."""

    def __init__(self, cloud: Cloud, source: Source) -> None:
        self._cloud = cloud
        self._source = source
        self._auto = isinstance(cloud, DualCloud)
        self._offered = _offered_by(cloud)
        self._announced: Retirement | None = None
        self._is_told = False
        cloud.listen(Listener(retiring=self._retiring, switched=self._switched, barred=self._barred))

    def answered(self) -> None:
        """A response arrived, over whichever API is used now."""
        if self._is_told or self._cloud.api is not RETIRING:
            return
        is_real = not (self._source.demo or self._source.simulated)
        if self._announced is not None or (is_real and self._source.clock() >= retirement.FROM):
            self._is_told = True
            note(retirement.notice(self._announced, auto=self._auto))

    def _retiring(self, announced: Retirement) -> None:
        if announced.api is self._cloud.api:
            self._announced = announced

    def _switched(self, switched: Switched) -> None:
        log_lines.event("api", "switched", before=switched.before, after=switched.after, text=switched.error)
        gone = self._offered - _offered_by(self._cloud)
        text, _ = retirement.switched([WORDS[capability] for capability in Capability if capability in gone])
        self._is_told = True
        note(f"{text} {DIRECT}")

    def _barred(self, api: Api, error: CloudError) -> None:
        note(str(error))


def _offered_by(cloud: Cloud) -> frozenset[Capability]:
    return frozenset(capability for capability in Capability if cloud.offers(capability))
