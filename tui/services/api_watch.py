"""`ApiWatch`: which of RunPod's APIs is used, how much of its rate limit, and what the user hears when one ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from tui.api import log_lines
from tui.api.capabilities import WORDS, Capability
from tui.api.listener import RETIRING, Api, Listener
from tui.domain import offered, retirement
from tui.domain.events import Event, Kind
from tui.domain.user_message import Level, UserMessage

if TYPE_CHECKING:
    from tui.api.cloud import Cloud
    from tui.api.errors import CloudError
    from tui.api.features import Feature
    from tui.api.listener import Quota, Retirement, Switched
    from tui.domain.rate_limit import Meter, Use
    from tui.services.source import Source
    from tui.store.fleet import Fleet


class ApiWatch:
    """Listens to the cloud, and reports to the user what changes; each thing once a run.

    monotonic: monotonic seconds, by which requests are counted.
    auto:      whether podtop changes to another API when one ends.
    post:      receives messages for the user, with their events.
    is_news:   asked once RunPod has switched an API off before this run used it: whether the user does not know yet.
    requests:  all that were sent, of whichever API.
    """

    def __init__(
        self,
        fleet: Fleet,
        source: Source,
        monotonic: Callable[[], float],
        post: Callable[[UserMessage], object],
        *,
        auto: bool = True,
        is_news: Callable[[], bool] = lambda: True,
    ) -> None:
        self.requests = 0
        self._fleet = fleet
        self._source = source
        self._monotonic = monotonic
        self._post = post
        self._auto = auto
        self._is_news = is_news
        self._cloud: Cloud | None = None
        self._meters: dict[Api, Meter] = {}
        self._offered: frozenset[Capability] = frozenset()
        self._has_answered = False
        self._switched: Switched | None = None
        self._announced: Retirement | None = None
        self._notices: set[bool] = set()

    def open(self, cloud: Cloud) -> None:
        """Listen to this cloud from now on."""
        self._cloud = cloud
        self._fleet.api = cloud.api
        self._offered = _offered_by(cloud)
        cloud.listen(Listener(self._sent, self._limits, self._retiring, self._switch, self._barred))

    # Rate limits

    @property
    def meter(self) -> Meter:
        """That of the API in use."""
        return self._meter_of(self._fleet.api or RETIRING)

    def _meter_of(self, api: Api) -> Meter:
        if api not in self._meters:
            from tui.domain.rate_limit import Meter

            self._meters[api] = Meter()
        return self._meters[api]

    def throttled(self) -> None:
        """RunPod throttled podtop."""
        self.meter.throttled(self._monotonic())

    def slowness(self) -> float:
        """By how much longer than usual to wait between two requests."""
        return self.meter.slowness(self._monotonic())

    def use(self) -> Use:
        """How near the requests are to the limits of the API in use."""
        return self.meter.tightest(self._monotonic())

    def uses(self) -> dict[Api, tuple[Use, ...]]:
        """The requests in each window of each API that was used."""
        used = {api: meter.use(self._monotonic()) for api, meter in sorted(self._meters.items())}
        return {api: uses for api, uses in used.items() if api is self._fleet.api or any(use.asked for use in uses)}

    # What the cloud reports, within requests

    def _sent(self, api: Api) -> None:
        self.requests += 1
        self._meter_of(api).count(self._monotonic())

    def _limits(self, api: Api, quotas: Iterable[Quota]) -> None:
        self._meter_of(api).limits(self._monotonic(), quotas)

    def _retiring(self, announced: Retirement) -> None:
        if announced.api is self._fleet.api:
            self._announced = announced

    def _switch(self, switched: Switched) -> None:
        self._switched = switched
        self._fleet.api = switched.after
        log_lines.event("api", "switched", before=switched.before, after=switched.after, text=switched.error)

    def _barred(self, api: Api, error: CloudError) -> None:
        self._post(UserMessage(str(error)))

    # Reported once there is a response

    def answered(self, lacks: frozenset[Feature]) -> None:
        """A response arrived, without what its API does not offer."""
        if self._switched is not None:
            self._tell_switch(lacks)
        elif self._fleet.api is RETIRING:
            self._has_answered = True
            self._tell_end()

    def failed(self) -> None:
        """There was no response, from whichever API is used now."""
        if self._switched is not None:
            self._tell_switch(frozenset())

    def _tell_switch(self, lacks: frozenset[Feature]) -> None:
        switched, self._switched = self._switched, None
        if switched is None or self._cloud is None:
            return
        if not (self._is_news() or self._has_answered):
            # It is as it was in an earlier run: the header shows it.
            return
        gone = self._offered - _offered_by(self._cloud)
        lost = [*offered.named(lacks)]
        lost += [WORDS[capability] for capability in Capability if capability in gone]
        text, full = retirement.switched(lost)
        at = self._source.clock()
        self._post(UserMessage(text, Level.WARNING, event=Event(at, "", Kind.API, full)))
        self._post(UserMessage(text, Level.CALL, "podtop: RunPod's API", "api"))

    def _tell_end(self) -> None:
        now, is_announced = self._source.clock(), self._announced is not None
        is_real = not (self._source.demo or self._source.simulated)
        if is_announced in self._notices or not (is_announced or (is_real and now >= retirement.FROM)):
            return
        # By the calendar, and once more if RunPod's responses name it: that may be a day.
        self._notices.add(is_announced)
        text = retirement.notice(self._announced, auto=self._auto)
        self._post(UserMessage(text, event=Event(now, "", Kind.API, text)))


def _offered_by(cloud: Cloud) -> frozenset[Capability]:
    return frozenset(capability for capability in Capability if cloud.offers(capability))
