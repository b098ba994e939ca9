"""`World`: pods, money and stock on an injected clock, with RunPod's rules. It moves only when it is told the time."""

from __future__ import annotations

import math
from typing import Any

from tui.demo import pods as sim
from tui.demo.catalogue import PLACES, gpu_types
from tui.demo.market import Shelf
from tui.demo.noise import mix
from tui.demo.pods import HOUR, SimPod, js_date

HISTORY = HOUR
"""Seconds between the world's start and the instant it is opened to a visitor: the past that charts can show."""

OUTBID_AFTER = 240.0
"""Seconds after opening at which the interruptible pod of the story loses its machine."""

GONE = "There are no longer any instances available with the requested specifications. Please refresh and try again."
GONE_SPOT = "There are no longer any instances available with the request specifications. Please try again later."
NO_DISK = "There are no longer any instances available with enough disk space."
NO_GPUS = "There are not enough free GPUs on the host machine to start this pod."
WRONG = "Something went wrong. Please try again later or contact support."


class Refusal(Exception):
    """RunPod says no, in RunPod's words."""


class World:
    """One account and the market around it.

    seed:  all that is drawn comes from it; the same seed and the same instants give the same world.
    pods:  how many there are: the story's six first.
    start: when it begins, in epoch seconds.
    """

    def __init__(self, seed: int = 7, pods: int = 6, start: float = 0.0, runway: float = 12.4 * HOUR) -> None:
        self.seed = seed
        self.start = self.now = start
        self.opened = start + HISTORY
        self.shelf = Shelf(seed)
        story = sim.story(self.opened)[:pods]
        self.pods = {pod.id: pod for pod in story + sim.crowd(seed, pods - len(story), self.opened)}
        self.made = 0
        spend = self.spend_per_hour()
        self.balance = round(spend * (runway + HISTORY) / HOUR, 2) if spend else 100.0
        self.charged = 0.0

    # Time and money

    def spend_per_hour(self) -> float:
        return sum(pod.spend() for pod in self.pods.values())

    def advance_to(self, t: float) -> None:
        """Move to `t`; an earlier instant changes nothing. In whatever steps it is reached, the result is the same."""
        while self.now < t:
            event = min(self._next_event(), t)
            self._charge(event - self.now)
            self.now = event
            self._happen()

    def _next_event(self) -> float:
        instants = [math.inf]
        outbid = self.opened + OUTBID_AFTER
        if self._outbid() is not None and self.now < outbid:
            instants.append(outbid)
        spend = self.spend_per_hour()
        if self.balance > 0 and spend > 0:
            instants.append(self.now + self.balance / spend * HOUR)
        return min(instants)

    def _charge(self, seconds: float) -> None:
        cost = min(max(self.balance, 0.0), self.spend_per_hour() * seconds / HOUR)
        self.balance -= cost
        self.charged += cost
        if self.balance < 1e-6:
            self.balance = 0.0

    def _outbid(self) -> SimPod | None:
        return next((p for p in self.pods.values() if p.name == "distill-student" and p.status == "RUNNING"), None)

    def _happen(self) -> None:
        pod = self._outbid()
        if pod is not None and pod.version == 1 and self.now >= self.opened + OUTBID_AFTER:
            self._halt(pod, "Outbid")
        if self.balance <= 0:
            self._broke()

    def _broke(self) -> None:
        """At $0 pods stop; those without a network volume are terminated with their data (RunPod's billing page)."""
        for pod in list(self.pods.values()):
            if pod.network_volume is None:
                del self.pods[pod.id]
            elif pod.status == "RUNNING":
                self._halt(pod, "Exited by RunPod: Insufficient balance")

    def _halt(self, pod: SimPod, why: str) -> None:
        pod.status, pod.stopped = "EXITED", self.now
        pod.change = f"{why}: {js_date(self.now)}"
        if pod.id not in {p.id for p in sim.story(self.opened)}:
            self._give_back(pod)

    def _give_back(self, pod: SimPod) -> None:
        key = (pod.gpu.id, pod.secure)
        self.shelf.taken[key] = max(0, self.shelf.taken.get(key, 0) - pod.count)

    def _take(self, pod: SimPod) -> None:
        key = (pod.gpu.id, pod.secure)
        self.shelf.taken[key] = self.shelf.taken.get(key, 0) + pod.count

    # Mutations, with RunPod's rules and words

    def find(self, pod_id: str) -> SimPod:
        pod = self.pods.get(pod_id)
        if pod is None:
            raise Refusal("Pod not found")
        return pod

    def stop(self, pod_id: str) -> SimPod:
        pod = self.find(pod_id)
        if pod.status == "RUNNING":
            self._halt(pod, "Exited by user")
        return pod

    def resume(self, pod_id: str, gpu_count: int | None) -> SimPod:
        pod = self.find(pod_id)
        if pod.spot:
            raise Refusal("This is an interruptable pod: use podBidResume.")
        if pod.status == "RUNNING":
            return pod
        count = pod.count if gpu_count is None else gpu_count
        self._afford(pod.rate, "resume")
        if count > pod.free_gpus:
            raise Refusal(NO_GPUS)
        return self._start(pod, count)

    def bid_resume(self, pod_id: str, gpu_count: int, bid: float) -> SimPod:
        pod = self.find(pod_id)
        if not pod.spot:
            raise Refusal("This pod is not interruptable: use podResume.")
        if pod.status == "RUNNING":
            return pod
        lowest = self.shelf.price(pod.gpu, pod.secure, self.now, spot=True) or 0.0
        if bid < lowest:
            raise Refusal(f"Bid price is too low. The minimum bid for this machine is ${lowest:.2f} per GPU.")
        if gpu_count > pod.free_gpus:
            raise Refusal(NO_GPUS)
        self._afford(bid * gpu_count, "resume")
        pod.bid, pod.rate = bid, round(bid * gpu_count, 4)
        return self._start(pod, gpu_count)

    def terminate(self, pod_id: str) -> None:
        pod = self.pods.get(pod_id)
        if pod is None:
            raise Refusal("pod not found to terminate")
        if pod.locked:
            raise Refusal("This pod is locked.")
        if pod.status == "RUNNING":
            self._give_back(pod)
        del self.pods[pod_id]

    def _start(self, pod: SimPod, count: int) -> SimPod:
        if count and pod.count and count != pod.count:
            pod.rate = round(pod.rate / pod.count * count, 4)
        pod.count = count
        pod.status, pod.started, pod.stopped = "RUNNING", self.now, None
        pod.ended, pod.version = sim.NEVER, pod.version + 1
        pod.change = f"Resumed by user: {js_date(self.now)}"
        return pod

    def _afford(self, rate: float, what: str) -> None:
        """RunPod asks for an hour of credit beforehand."""
        if self.balance < rate:
            raise Refusal(
                f"Insufficient balance to {what} this on-demand pod. You need at least ${rate:.2f} "
                f"(current: ${self.balance:.2f}, deficit: ${rate - self.balance:.2f})."
            )

    def deploy(self, asked: dict[str, Any], spot: bool) -> SimPod:
        """`podFindAndDeployOnDemand` and `podRentInterruptable`."""
        gpu = gpu_types().get(asked.get("gpuTypeId") or next(iter(asked.get("gpuTypeIdList") or ()), ""))
        image = asked.get("imageName") or ("runpod/pytorch:latest" if asked.get("templateId") else None)
        if gpu is None or image is None or asked.get("dockerArgs") is None:
            raise Refusal(WRONG)
        count = asked.get("gpuCount") or 1
        cloud = {"SECURE": True, "COMMUNITY": False}.get(asked.get("cloudType") or "ALL")
        secure = self.shelf.best(gpu, cloud, count, self.now)
        if secure is None:
            raise Refusal(GONE_SPOT if spot else GONE)
        if (asked.get("volumeInGb") or 0) + (asked.get("containerDiskInGb") or 0) > 4000:
            raise Refusal(NO_DISK)
        price = self.shelf.price(gpu, secure, self.now, spot=spot) or 0.0
        bid = asked.get("bidPerGpu")
        if spot and (bid is None or bid < price):
            raise Refusal(f"Bid price is too low. The minimum bid for this machine is ${price:.2f} per GPU.")
        rate = round((bid if spot and bid is not None else price) * count, 4)
        self._afford(rate, "deploy")
        self.made += 1
        pod = SimPod(
            id=f"{mix(self.seed, 'made', self.made):016x}"[:14],
            name=asked.get("name") or "unnamed",
            gpu=gpu,
            count=count,
            place=PLACES[mix(self.seed, self.made, "place") % len(PLACES)],
            rate=rate,
            work="train",
            started=self.now,
            created=self.now,
            boot=30.0 + mix(self.seed, self.made, "boot") % 60,
            spot=spot,
            secure=secure,
            bid=bid,
            change=f"Rented by User: {js_date(self.now)}",
            image=image,
            volume_gb=asked.get("volumeInGb") or 0,
            disk_gb=asked.get("containerDiskInGb") or 10,
            network_volume=asked.get("networkVolumeId"),
            ports=asked.get("ports") or "",
            mount=asked.get("volumeMountPath") or "/workspace",
            docker_args=asked.get("dockerArgs") or "",
            env=[f"{e['key']}={e['value']}" for e in asked.get("env") or ()],
            template_id=asked.get("templateId"),
        )
        self.pods[pod.id] = pod
        self._take(pod)
        return pod
