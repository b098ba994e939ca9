"""`World`: pods, money and stock on an injected clock, with RunPod's rules. It moves only when it is given the time."""

from __future__ import annotations

import math
from collections.abc import Mapping
from enum import Enum
from typing import Any

from tui.demo import pods as sim
from tui.demo import scenario
from tui.demo.catalogue import PLACES, Place, gpu_types
from tui.demo.market import LARGEST_DISK, Shelf, fits
from tui.demo.pod_views import pod_view
from tui.demo.pods import HOUR, CpuShape, SimPod, js_date
from tui.demo.random_walk import mix

HISTORY = HOUR
"""Seconds between the world's start and the instant it is opened to a visitor: the history that charts can show."""

GONE = "There are no longer any instances available with the requested specifications. Please refresh and try again."
GONE_SPOT = "There are no longer any instances available with the request specifications. Please try again later."
NO_DISK = "There are no longer any instances available with enough disk space."
REBOOT = 15.0
"""Seconds until a restarted container is up, at most."""

NO_GPUS = "There are not enough free GPUs on the host machine to start this pod."
TOO_LOW = "Bid price is too low. The minimum bid for this machine is ${:.2f} per GPU."
WRONG = "Something went wrong. Please try again later or contact support."


class Why(Enum):
    """The reason of a refusal, for an API that reports more of it than its words."""

    RULE = "a rule"
    UNKNOWN = "no such pod"
    STATUS = "not in this status"
    LOCKED = "locked"
    BALANCE = "not enough money"
    STOCK = "no capacity"
    HOST_FULL = "no free GPUs on its host"


class Refusal(Exception):
    """RunPod refuses, in RunPod's words."""

    def __init__(self, phrase: str, why: Why = Why.RULE) -> None:
        super().__init__(phrase)
        self.why = why


class World:
    """One account and the market around it.

    seed:    source of all random values; the same seed and the same instants give the same world.
    pods:    number of pods: the scenario's six first.
    start:   its start, in epoch seconds.
    history: seconds from there to the instant it is opened to a visitor.
    runway:  seconds from then for which the balance lasts.
    tale:    whether three pods follow the six: one hangs, the run of one ends, and one is rented in the middle.
    coarse_until: until when it is looked at so seldom that loads are those of hours (`tui/demo/long_runs.py`).
    ssh_port: a port of this machine to which port 22 of every pod leads; None if there is none.
    """

    def __init__(
        self,
        seed: int = 7,
        pods: int = 6,
        start: float = 0.0,
        *,
        history: float = HISTORY,
        runway: float = 12.4 * HOUR,
        ssh_port: int | None = None,
        tale: bool = False,
        coarse_until: float = 0.0,
    ) -> None:
        self.ssh_port = ssh_port
        self.seed = seed
        self.start = self.now = start
        opened = start + history
        self.shelf = Shelf(seed)
        story = (scenario.story(opened) + (scenario.episodes(opened) if tale else []))[:pods]
        everyone = story + scenario.crowd(seed, pods - len(story), opened)
        for pod in everyone:
            pod.coarse_until = coarse_until
            if pod.stopped is not None:
                pod.close_run(pod.stopped, "Exited by user")
        self.pods = {pod.id: pod for pod in everyone if pod.created <= start}
        self._coming = sorted((pod for pod in everyone if pod.created > start), key=lambda pod: pod.created)
        self.has_volume = any(pod.network_volume for pod in story)
        self.made = 0
        self.gone: list[SimPod] = []
        """Pods that were terminated: what they cost remains."""
        self.postpaid = False
        """Whether the account is invoiced: then no balance stops anything."""
        network = self.network_storage_per_hour()
        there = [pod for pod in everyone if pod.created <= opened]
        past = sum(pod.spend() * (opened - max(start, pod.created)) for pod in there) + network * history
        spend = sum(pod.spend() for pod in there) + network
        self.balance = round((spend * runway + past) / HOUR, 2) if spend else 100.0
        self.charged = 0.0

    # Time and money

    def spend_per_hour(self) -> float:
        return sum(pod.spend() for pod in self.pods.values()) + self.network_storage_per_hour()

    def network_storage_per_hour(self) -> float:
        return sim.VOLUME_GB * sim.NETWORK_VOLUME / sim.MONTH_HOURS if self.has_volume else 0.0

    def advance_to(self, t: float) -> None:
        """Advance to `t`; an earlier instant changes nothing. The result does not depend on the steps taken."""
        while self.now < t:
            spend = self.spend_per_hour()
            event = min(self._next_event(spend), t)
            self._charge(spend * (event - self.now) / HOUR)
            self.now = event
            self._happen()

    def _next_event(self, spend: float) -> float:
        outbid = min((p.outbid_at for p in self.pods.values() if p.status == "RUNNING"), default=math.inf)
        lasts = self.balance > 0 and spend > 0 and not self.postpaid
        broke = self.now + self.balance / spend * HOUR if lasts else math.inf
        rented = self._coming[0].created if self._coming else math.inf
        return max(self.now, min(outbid, broke, rented))

    def _charge(self, cost: float) -> None:
        cost = cost if self.postpaid else max(0.0, min(self.balance, cost))
        self.balance -= cost
        self.charged += cost
        # Less than this is spent in less time than a float of the epoch can resolve.
        if self.balance < 1e-4 and not self.postpaid:
            self.balance = 0.0

    def _happen(self) -> None:
        while self._coming and self.now >= self._coming[0].created:
            pod = self._coming.pop(0)
            self.pods[pod.id] = pod
        for pod in self.pods.values():
            if pod.status == "RUNNING" and self.now >= pod.outbid_at:
                self._halt(pod, "Outbid")
        if self.balance <= 0 and not self.postpaid:
            self._broke()

    def _broke(self) -> None:
        """At $0 pods stop; those without a network volume are terminated with their data (RunPod's billing page)."""
        for pod in list(self.pods.values()):
            if pod.status == "RUNNING":
                self._release(pod)
                self._halt(pod, "Exited by RunPod: Insufficient balance")
            if pod.network_volume is None:
                self._remove(pod)

    def _halt(self, pod: SimPod, why: str) -> None:
        pod.status, pod.stopped = "EXITED", self.now
        pod.change = f"{why}: {js_date(self.now)}"
        pod.close_run(self.now, why)

    def _release(self, pod: SimPod) -> None:
        """Release its GPUs."""
        key = (pod.gpu.id, pod.secure)
        self.shelf.taken[key] = self.shelf.taken.get(key, 0) - pod.count
        pod.free_gpus += pod.count

    def _take(self, pod: SimPod) -> None:
        key = (pod.gpu.id, pod.secure)
        self.shelf.taken[key] = self.shelf.taken.get(key, 0) + pod.count
        pod.free_gpus = max(0, pod.free_gpus - pod.count)

    # Observable state of a pod

    def view(self, pod: SimPod) -> dict[str, Any]:
        """The pod as GraphQL's `Pod`."""
        return pod_view(pod, self.now, self.seed, self.lowest_bid(pod) if pod.spot else None, self.ssh_port)

    def lowest_bid(self, pod: SimPod) -> float:
        """Dollars per GPU per hour that bring an interruptible pod back: more than the bid that outbid it."""
        price = self.shelf.price(pod.gpu, pod.secure, self.now, spot=True) or 0.0
        outbid = pod.bid is not None and self.now >= pod.outbid_at
        return max(price, round((pod.bid or 0.0) + 0.01, 2)) if outbid else price

    # Mutations, with RunPod's rules and words

    def find(self, pod_id: str) -> SimPod:
        pod = self.pods.get(pod_id)
        if pod is None:
            raise Refusal("Pod not found", Why.UNKNOWN)
        return pod

    def stop(self, pod_id: str) -> SimPod:
        pod = self.find(pod_id)
        self._not_locked(pod)
        if pod.status == "RUNNING":
            self._release(pod)
            self._halt(pod, "Exited by user")
        return pod

    def resume(self, pod_id: str, gpu_count: int | None) -> SimPod:
        pod = self.find(pod_id)
        if pod.spot:
            raise Refusal("This is an interruptable pod: use podBidResume.")
        if pod.status == "RUNNING":
            return pod
        count = pod.count if gpu_count is None else gpu_count
        self._afford(pod.price * count, "resume this on-demand pod")
        if count > sim.free_now(pod, self.now):
            raise Refusal(NO_GPUS, Why.HOST_FULL)
        return self._start(pod, count)

    def bid_resume(self, pod_id: str, gpu_count: int, bid: float) -> SimPod:
        pod = self.find(pod_id)
        if not pod.spot:
            raise Refusal("This pod is not interruptable: use podResume.")
        if pod.status == "RUNNING":
            return pod
        lowest = self.lowest_bid(pod)
        if bid < lowest:
            raise Refusal(TOO_LOW.format(lowest))
        # A bid displaces a lower bidder: it needs no free GPUs, only existing ones.
        if not 0 < gpu_count <= max(pod.count, pod.free_gpus):
            raise Refusal(NO_GPUS, Why.HOST_FULL)
        self._afford(bid * gpu_count, "resume this interruptable pod")
        pod.bid = pod.price = bid
        pod.outbid_at = sim.NEVER
        return self._start(pod, gpu_count)

    def terminate(self, pod_id: str) -> None:
        pod = self.pods.get(pod_id)
        if pod is None:
            raise Refusal("pod not found to terminate", Why.UNKNOWN)
        self._not_locked(pod)
        if pod.status == "RUNNING":
            self._release(pod)
            self._halt(pod, "Terminated by user")
        self._remove(pod)

    def _remove(self, pod: SimPod) -> None:
        del self.pods[pod.id]
        pod.terminated = self.now
        self.gone.append(pod)

    def restart(self, pod_id: str) -> SimPod:
        """A new container on the same GPUs: the container disk is empty, the uptime starts at 0."""
        pod = self.find(pod_id)
        self._not_locked(pod)
        if pod.status != "RUNNING":
            raise Refusal("The pod is not running.", Why.STATUS)
        pod.close_run(self.now, "Restarted by user")
        pod.started, pod.ended, pod.version = self.now, sim.NEVER, pod.version + 1
        # The image is on the host by now.
        pod.boot = min(pod.boot, REBOOT) if pod.boot < sim.NEVER else sim.NEVER
        return pod

    def set_locked(self, pod_id: str, locked: bool) -> SimPod:
        pod = self.find(pod_id)
        pod.locked = locked
        return pod

    def rename(self, pod_id: str, name: str) -> SimPod:
        pod = self.find(pod_id)
        pod.name = name
        return pod

    def reconfigure(self, pod_id: str, changes: Mapping[str, Any]) -> SimPod:
        """Change fields of its container, which starts again if it runs."""
        pod = self.find(pod_id)
        self._not_locked(pod)
        if pod.status == "RUNNING":
            self.restart(pod_id)
        for name, value in changes.items():
            setattr(pod, name, value)
        return pod

    def _not_locked(self, pod: SimPod) -> None:
        """A lock forbids to stop, restart and terminate (RunPod's REST v2; GraphQL is taken to do the same)."""
        if pod.locked:
            raise Refusal("This pod is locked.", Why.LOCKED)

    def _start(self, pod: SimPod, count: int) -> SimPod:
        pod.count = count
        self._take(pod)
        pod.status, pod.started, pod.stopped = "RUNNING", self.now, None
        pod.ended, pod.version = sim.NEVER, pod.version + 1
        pod.change = f"Resumed by user: {js_date(self.now)}"
        return pod

    def _afford(self, rate: float, purpose: str) -> None:
        """RunPod requires an hour of credit beforehand."""
        if self.balance < rate and not self.postpaid:
            raise Refusal(
                f"Insufficient balance to {purpose}. You need at least ${rate:.2f} "
                f"(current: ${self.balance:.2f}, deficit: ${rate - self.balance:.2f}).",
                Why.BALANCE,
            )

    def deploy(self, asked: dict[str, Any], spot: bool) -> SimPod:
        """`podFindAndDeployOnDemand` and `podRentInterruptable`."""
        image = asked.get("imageName") or ("runpod/pytorch:latest" if asked.get("templateId") else None)
        wanted = [asked["gpuTypeId"]] if asked.get("gpuTypeId") else asked.get("gpuTypeIdList") or []
        gpus = [gpu for gpu in (gpu_types().get(name) for name in wanted) if gpu is not None]
        count = asked.get("gpuCount") or 1
        volume = asked.get("networkVolumeId")
        if not gpus or image is None or asked.get("dockerArgs") is None or count < 1:
            raise Refusal(WRONG)
        if volume is not None and not (self.has_volume and volume == sim.VOLUME):
            raise Refusal(WRONG)
        if (asked.get("volumeInGb") or 0) + (asked.get("containerDiskInGb") or 0) > LARGEST_DISK:
            raise Refusal(NO_DISK, Why.STOCK)
        cloud = {"SECURE": True, "COMMUNITY": False}.get(asked.get("cloudType") or "ALL")
        fitting = (gpu for gpu in gpus if fits(self.shelf, gpu, count, asked))
        able = ((gpu, self.shelf.best(gpu, cloud, count, self.now)) for gpu in fitting)
        gpu, secure = next((pair for pair in able if pair[1] is not None), (gpus[0], None))
        if secure is None:
            raise Refusal(GONE_SPOT if spot else GONE, Why.STOCK)
        price = self.shelf.price(gpu, secure, self.now, spot=spot) or 0.0
        bid = asked.get("bidPerGpu")
        if spot and (bid is None or bid < price):
            raise Refusal(TOO_LOW.format(price))
        if spot and bid is not None:
            price = bid
        self._afford(price * count, "deploy this interruptable pod" if spot else "deploy this on-demand pod")
        self.made += 1
        return self._rented(
            SimPod(
                **self._common(asked, image), gpu=gpu, count=count, price=price, work="train", spot=spot, secure=secure,
                bid=bid, volume_gb=0 if volume else asked.get("volumeInGb") or 0, network_volume=volume,
            )
        )  # fmt: skip

    def deploy_cpu(self, asked: dict[str, Any], cpu: CpuShape, price: float) -> SimPod:
        """A pod without GPUs, at `price` dollars per vCPU per hour."""
        image = asked.get("imageName") or ("runpod/base:latest" if asked.get("templateId") else None)
        volume = asked.get("networkVolumeId")
        if image is None or (volume is not None and not (self.has_volume and volume == sim.VOLUME)):
            raise Refusal(WRONG)
        self._afford(price * cpu.vcpus, "deploy this on-demand pod")
        self.made += 1
        return self._rented(
            SimPod(
                **self._common(asked, image), gpu=gpu_types()["unknown"], count=0, cpu=cpu, price=price, work="burst",
                volume_gb=0, network_volume=volume,
            )
        )  # fmt: skip

    def _common(self, asked: dict[str, Any], image: str) -> dict[str, Any]:
        """What is the same for a pod of every kind."""
        return {
            "id": f"{mix(self.seed, 'made', self.made):016x}"[:14],
            "name": asked.get("name") or "unnamed",
            "place": self._place(asked),
            "started": self.now,
            "created": self.now,
            "boot": 30.0 + mix(self.seed, self.made, "boot") % 60,
            "change": f"Rented by User: {js_date(self.now)}",
            "image": image,
            "disk_gb": asked.get("containerDiskInGb") or 10,
            "ports": asked.get("ports") or "",
            "mount": asked.get("volumeMountPath") or "/workspace",
            "docker_args": asked.get("dockerArgs") or "",
            "env": [f"{e['key']}={e['value']}" for e in asked.get("env") or ()],
            "template_id": asked.get("templateId"),
            "registry": asked.get("containerRegistryAuthId"),
            "global_network": bool(asked.get("globalNetwork")),
        }

    def _rented(self, pod: SimPod) -> SimPod:
        self.pods[pod.id] = pod
        self._take(pod)
        return pod

    def _place(self, asked: dict[str, Any]) -> Place:
        """The location of a new pod: as its data or its owner require, or anywhere."""
        if asked.get("networkVolumeId"):
            return PLACES[0]
        ids = (asked.get("dataCenterId") or "").split(",")
        country = asked.get("countryCode")
        able = [p for p in PLACES if p.id in ids] or [p for p in PLACES if p.country == country] or PLACES
        return able[mix(self.seed, self.made, "place") % len(able)]
