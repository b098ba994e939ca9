"""RunPod: proxy and certificates, the endpoint, the clock, the API key and what it may do."""

from __future__ import annotations

import asyncio
import stat
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from tui.api import errors as api
from tui.api.capabilities import Capability
from tui.api.features import Feature
from tui.api.http.endpoint import host_of, stays_here
from tui.api.listener import RETIRING, Listener
from tui.api.models import Market, Snapshot
from tui.clocks import NEAR
from tui.commands.doctor.finding import Finding, error, ok, warning
from tui.commands.doctor.subject import Subject
from tui.domain import offered, pod_health
from tui.format import numbers as fmt
from tui.store.alert_kinds import KINDS
from tui.system.apart import apart

if TYPE_CHECKING:
    from tui.api.account import ApiKeyInfo
    from tui.api.cloud import Cloud
    from tui.api.http.proxies import Proxy
    from tui.api.listener import Api, Quota

LATER = "Try again in a few minutes."


class Reply(Struct, frozen=True):
    """A response, or why there is none, and the seconds that it took."""

    value: Any = None
    error: api.CloudError | None = None
    took: float = 0.0


class Replies(Struct, frozen=True):
    """The responses to the requests of all checks; None for a request that was not sent.

    beside:   of REST v2, while another API is in use.
    api:      the API in use, if any responded.
    has_rest: whether REST v2 can be used at this address.
    quotas:   the windows of the rate limits, as the APIs reported them last.
    """

    market: Reply | None = None
    fleet: Reply | None = None
    account: Reply | None = None
    beside: Reply | None = None
    api: Api | None = None
    has_rest: bool = False
    quotas: Mapping[Api, tuple[Quota, ...]] = {}


async def replies(cloud: Cloud, host: str, patience: float, *, with_key: bool) -> Replies:
    """Request prices, and with a key the pods and the account, at the same time."""

    async def reply(request: Callable[[], Awaitable[Any]], wanted: bool) -> Reply | None:
        if not wanted:
            return None
        began = time.monotonic()
        try:
            async with asyncio.timeout(patience):
                value = await request()
        except TimeoutError:
            return Reply(error=api.TimedOut(f"{host} did not respond within {patience:.0f} s. Check the network."))
        except api.CloudError as fault:
            return Reply(error=fault)
        # A response that podtop itself fails on hides none of the others.
        except Exception as fault:
            return Reply(error=api.Unforeseen(f"podtop failed on the response ({type(fault).__name__})."))
        return Reply(value, took=time.monotonic() - began)

    offers = cloud.offers
    quotas: dict[Api, tuple[Quota, ...]] = {}
    cloud.listen(Listener(limits=lambda api, reported: quotas.update({api: reported})))
    has_rest = offers(Capability.LEGAL_VERBS)
    market, fleet, account, beside = await asyncio.gather(
        reply(cloud.market, offers(Capability.MARKET)),
        reply(cloud.fleet, with_key),
        reply(cloud.account, with_key and offers(Capability.ACCOUNT)),
        # Of a pod that does not exist: what matters is whether the key is accepted.
        reply(partial(cloud.legal_verbs, ("none",)), with_key and has_rest and cloud.api is RETIRING),
    )
    answered = any(part is not None and part.error is None for part in (market, fleet, account))
    return Replies(market, fleet, account, beside, cloud.api if answered else None, has_rest, quotas)


async def route(subject: Subject) -> Finding:
    """The proxy, and whose certificates are trusted. Nothing is sent."""
    if subject.source.demo:
        return ok("not needed by the demo")
    from tui.api.http.connection import connect

    url = subject.config.api_url
    try:
        line = await apart(lambda: connect(url, environ=subject.environ))
    except api.CloudError as fault:
        return error(str(fault))
    await line.client.aclose()
    if stays_here(url):
        return ok("direct, on this machine")
    text = f"{_way(line.proxy)}; {_trust(subject.environ)}"
    if subject.environ.get("SSLKEYLOGFILE"):
        return warning(f"{text}; TLS keys are logged (SSLKEYLOGFILE)", "Unset it: the log decrypts the API key.")
    return ok(text)


def _way(proxy: Proxy | None) -> str:
    return "direct, no proxy" if proxy is None else f"proxy {proxy.url} ({proxy.variable})"


def _trust(environ: Mapping[str, str]) -> str:
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        if value := environ.get(name):
            return f"certificates of {name}={value}"
    return "podtop's own certificates (certifi)"


def endpoint(subject: Subject, replies: Replies) -> Finding:
    """Whether the API responds, and how fast: by the request for prices, which needs no key."""
    host = "demo" if subject.source.demo else host_of(subject.config.api_url)
    reply = replies.market or replies.fleet
    if reply is None:
        return warning(f"{host}: not checked, as this API needs a key")
    if reply.error is not None:
        text = str(reply.error)
        return error(text if host in text else f"{host}: {text}", _advice(reply.error))
    return ok(f"{host}: responds in {fmt.latency(reply.took)}, connection included")


def _advice(fault: api.CloudError) -> str:
    """What to do where the error's own words have nothing: the fault is at the other end, or podtop's own."""
    if isinstance(fault, api.Unforeseen):
        return "Please report it."
    return LATER if isinstance(fault, api.Faltering | api.Throttled | api.Malformed) else ""


def clock(subject: Subject) -> Finding:
    """How far RunPod's clock is from this machine's, as the responses show."""
    clocks = subject.source.clocks
    if clocks is None:
        return ok("the demo's own")
    if not clocks.compared:
        return warning("not compared with RunPod's: no response with a date")
    if not clocks.skew:
        return ok(f"within {NEAR:.0f} s of RunPod's")
    way = "ahead" if clocks.skew > 0 else "behind"
    return warning(
        f"RunPod's is {fmt.duration(abs(clocks.skew))} {way}; podtop corrects for it", "Set this machine's clock (NTP)."
    )


def key(subject: Subject, replies: Replies) -> Finding:
    """Where the key comes from, whether RunPod accepts it, and what it may do; never the key."""
    if subject.source.demo:
        return ok("not needed by the demo")
    if subject.key_error:
        return error(subject.key_error)
    if subject.config.key is None:
        return error(
            subject.config.no_key or "no API key",
            "Create one in the RunPod console, save it in a file and set api_key_file in config.toml. "
            "Prices need none: podtop market.",
        )
    config = subject.config
    overrides = f", which overrides that of profile {config.profile}" if config.overrides_profile else ""
    text = f"{_origin(subject.config.key.origin)}{overrides}; {'podtop is read-only; ' if config.read_only else ''}"
    fleet = replies.fleet or Reply(error=api.Unreachable("nothing was requested", sent=False))
    if isinstance(fleet.error, api.Unauthorized | api.Forbidden):
        return error(f"{text}{fleet.error}")
    if fleet.error is not None:
        return warning(f"{text}not verified: {fleet.error}", _advice(fleet.error))
    if fleet.value.pods is None:
        reasons = "; ".join(problem.message for problem in fleet.value.problems)
        return warning(f"{text}not verified: no pods in the response{f': {reasons}' if reasons else ''}", LATER)
    account = (replies.account or Reply()).value
    pods = len(fleet.value.pods)
    text += f"accepted, {pods} pod{'' if pods == 1 else 's'}; {scope(account.api_keys if account is not None else ())}"
    return warning(text, f"{subject.config.key.caution}.") if subject.config.key.caution else ok(text)


def _origin(origin: str) -> str:
    """Where the key is, and who may read that."""
    path = Path(origin.partition(", profile ")[0])
    try:
        return f"{origin} (mode {stat.S_IMODE(path.stat().st_mode):o})" if path.is_absolute() else origin
    except OSError:
        return origin


def offers(replies: Replies) -> Finding:
    """What the API in use does not offer, and which alerts are off for that, or for how the account pays."""
    pods, market = ((reply or Reply()).value for reply in (replies.fleet, replies.market))
    answers = [answer for answer in (pods, market) if isinstance(answer, Snapshot | Market)]
    if not answers:
        return warning("not checked: no response about pods or prices")
    lacks = frozenset[Feature]().union(*(answer.lacks for answer in answers))
    funds = pods.funds if isinstance(pods, Snapshot) else None
    how = f"{offered.AFTERWARDS}; " if pod_health.is_postpaid(funds) else ""
    if not lacks:
        return ok(f"{how}all that podtop shows")
    dark = [kind.subject for kind in KINDS if kind.subject and kind.needs & lacks]
    off = f"; alerts off: {', '.join(dark)}" if dark else ""
    return warning(f"{how}{', '.join(offered.named(lacks))}: {offered.WORDS}{off}", "See podtop help alerts.")


def scope(keys: tuple[ApiKeyInfo, ...]) -> str:
    """What the key may do, as far as RunPod shows: it lists the account's keys, and not which of them this one is."""
    kinds = {key.permissions for key in keys}
    if not keys or None in kinds:
        return "scope unknown: RunPod does not show it to this key"
    if all(key.may_all for key in keys):
        return "may read and change everything"
    if len(kinds) == 1:
        return f"scope {keys[0].permissions}"
    return f"scope unknown: one of the account's {len(keys)} keys ({', '.join(sorted(filter(None, kinds)))})"
