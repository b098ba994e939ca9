"""`RemoteHistory`: samples from a Prometheus-compatible server, for what this podtop did not see itself.

Prometheus, VictoriaMetrics, Mimir and Thanos have the same API. Only `*_over_time` of a window as long as the step is
requested: a bare name would be drawn on across a gap, for up to five minutes (measured on both).
"""

from __future__ import annotations

import asyncio
import math
import re
from array import array
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from tui.format.digits import whole_number
from tui.store.metrics import BY_NAME, MOST_DIGITS, Metric
from tui.store.series import EMPTY, GAP, SampleColumn, Samples, pack

if TYPE_CHECKING:
    import httpx

    from tui.api.secret import Secret

PATIENCE = 10.0
"""Seconds that a request may take."""

LARGEST = 16 * 1024 * 1024
"""Bytes of a response at most."""

JUST_BEFORE = 0.001
"""Seconds before the end of a bucket at which it is evaluated: a sample at the border belongs to the next one."""

NAMES: Mapping[str, tuple[str, float]] = {
    "util": ("podtop_gpu_utilization_ratio", 100.0),
    "vram": ("podtop_gpu_memory_utilization_ratio", 100.0),
    "cpu": ("podtop_pod_cpu_utilization_ratio", 100.0),
    "memory": ("podtop_pod_memory_utilization_ratio", 100.0),
    "temp": ("podtop_gpu_temperature_celsius", 1.0),
    "power": ("podtop_gpu_power_watts", 1.0),
}
"""For each metric its exported name, and its own units in one of the exported."""

IDLE = "podtop_pod_idle_seconds"
_NO_SUCH_FUNCTION = (400, 422)
"""HTTP statuses of a query that a server does not understand."""

AT_ONCE = 100
"""Pods of one request: their ids are in it."""


SEEN = "2m"
"""How long ago a sample may be that counts as current."""

_PARTS = ("min", "avg", "max")
_LABEL = "rollup"
"""The label that says which part a series is: that of MetricsQL's rollup()."""


class HistoryUnavailable(Exception):
    """The server cannot be reached, refuses, or responds with something else. `str()` is a sentence for the user."""


class Series(msgspec.Struct):
    metric: dict[str, str]
    values: list[tuple[float, str]] = []
    value: tuple[float, str] | None = None


class _Data(msgspec.Struct):
    result: list[Series]


class _Answer(msgspec.Struct):
    status: str
    data: _Data | None = None
    error: str = ""


_decode = msgspec.json.Decoder(_Answer).decode


class Bucket(NamedTuple):
    """The lowest, mean and highest value in one bucket."""

    low: float
    mean: float
    high: float


class RemoteHistory:
    """One server.

    url:     its address, without /api/v1. `name`: how it is called on the screen.
    token:   the bearer token; `headers`: more of them, such as a tenant's.
    transport: stands in for the network in tests.
    """

    def __init__(
        self,
        url: str,
        token: Secret | None = None,
        headers: Mapping[str, str] | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        from tui.api.http.endpoint import host_of

        self.name = host_of(url)
        self._url = url.rstrip("/")
        self._token = token
        self._headers = dict(headers or {})
        self._transport = transport
        self._client: httpx.AsyncClient | None = None
        self._rolls_up: bool | None = None

    async def samples(self, pod: str, start: float, end: float, width: float) -> Samples:
        """A pod's samples of start <= time < end in buckets of `width` seconds, as a recording has them.

        Raises HistoryUnavailable.
        """
        count = max(1, math.ceil((end - start) / width))
        rolls_up = await self._is_metricsql()
        asked = [self._buckets(query(name, pod, width, rolls_up), start, count, width) for name, _ in NAMES.values()]
        matches = dict(zip(NAMES, await asyncio.gather(*asked), strict=True))
        return samples_of(matches, start, count, width)

    async def idle(self, pods: Collection[str], at: float) -> dict[str, float]:
        """For how many watched seconds pods had done no work, as those judged it who watched them.

        Raises HistoryUnavailable.
        """
        names = sorted(pods)
        seconds: dict[str, float] = {}
        for begin in range(0, len(names), AT_ONCE):
            either = "|".join(re.escape(name) for name in names[begin : begin + AT_ONCE])
            window = f"{IDLE}{{pod=~{quoted(either)}}}[{SEEN}]"
            for series in await self.instant(f"max by (pod) (last_over_time({window}))", at):
                value = number(series.value[1]) if series.value is not None else None
                if value is not None and value > 0 and (pod := series.metric.get("pod", "")) in pods:
                    seconds[pod] = value
        return seconds

    async def latest(self, name: str, key: str, within: str) -> list[Series]:
        """The last sample of each series about an account, by its key. Raises HistoryUnavailable."""
        return await self.instant(f"last_over_time({name}{{key={quoted(key)}}}[{within}])")

    async def instant(self, text: str, at: float | None = None) -> list[Series]:
        """A query evaluated at an instant, now if None. Raises HistoryUnavailable."""
        asked = {"query": text, "nocache": "1", **({} if at is None else {"time": f"{at:.3f}"})}
        status, body = await self._get("/api/v1/query", asked)
        if status != 200:
            raise HistoryUnavailable(f"{self.name} refuses the request for history (HTTP {status})")
        return await self._series(body)

    async def _series(self, body: bytes) -> list[Series]:
        try:
            answer = await asyncio.to_thread(_decode, body)
        except msgspec.DecodeError:
            answer = _Answer("")
        if answer.status != "success" or answer.data is None:
            raise HistoryUnavailable(f"{self.name} does not respond like a Prometheus server; check [history] url")
        return answer.data.result

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    async def _is_metricsql(self) -> bool:
        """Whether the server has rollup(), which reads the samples once for all three curves."""
        if self._rolls_up is None:
            status, body = await self._get("/api/v1/query", {"query": "rollup(podtop_build_info[1m])"})
            if status not in (200, *_NO_SUCH_FUNCTION):
                # Something in its place, or trouble of the moment: the next request asks again.
                raise HistoryUnavailable(f"{self.name} refuses the request for history (HTTP {status})")
            if status == 200:
                await self._series(body)
            self._rolls_up = status == 200
        return self._rolls_up

    async def _buckets(self, text: str, start: float, count: int, width: float) -> dict[str, dict[int, list[Bucket]]]:
        """By GPU (empty for a pod's own values) and number of the bucket what each source has."""
        return _by_bucket(await self.matrix(text, start, count, width), start + width - JUST_BEFORE, count, width)

    async def matrix(self, text: str, start: float, count: int, width: float) -> list[Series]:
        """A query evaluated just before the end of each of `count` buckets. Raises HistoryUnavailable."""
        first = start + width - JUST_BEFORE
        # VictoriaMetrics would move the start for its cache.
        wanted = {
            "nocache": "1",
            "query": text,
            "start": f"{first:.3f}",
            "end": f"{first + (count - 1) * width:.3f}",
            "step": f"{width:g}",
        }
        status, body = await self._get("/api/v1/query_range", wanted)
        if status != 200:
            raise HistoryUnavailable(f"{self.name} refuses the request for history (HTTP {status})")
        return await self._series(body)

    async def _get(self, path: str, wanted: Mapping[str, str]) -> tuple[int, bytes]:
        """The status and the body of a response. Raises HistoryUnavailable."""
        import httpx

        from tui.api.errors import CloudError
        from tui.api.http import body
        from tui.api.http.connection import connect
        from tui.api.http.failures import of_transport

        proxy = None
        try:
            if self._client is None:
                line = await asyncio.to_thread(connect, self._url, transport=self._transport, timeout=PATIENCE)
                self._client, proxy = line.client, line.proxy
            headers = {**self._headers, "Accept-Encoding": "gzip"}
            if self._token is not None:
                headers["Authorization"] = f"Bearer {self._token.reveal()}"
            # By POST, as queries are long, and the address of a request ends in logs. A server may close a connection
            # at the moment at which it is used again: nobody was asked then, and nothing is changed by asking twice.
            for is_last in (False, True):
                try:
                    async with (
                        asyncio.timeout(PATIENCE),
                        self._client.stream("POST", f"{self._url}{path}", data=wanted, headers=headers) as response,
                    ):
                        return response.status_code, await body.read(response, LARGEST)
                except httpx.RemoteProtocolError:
                    if is_last:
                        raise
        except CloudError as error:
            trouble = str(error).replace("RunPod's response", "the response")
        except Exception as error:  # Whatever the libraries raise: history is missing then, and nothing else.
            trouble = str(of_transport(error, self.name, PATIENCE, proxy))
        raise HistoryUnavailable(trouble)


def quoted(text: str) -> str:
    """Text as a string of PromQL."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def query(name: str, pod: str, width: float, rolls_up: bool) -> str:
    """The request for the lowest, mean and highest value of one metric of a pod, each marked as that."""
    window = f"{name}{{pod={quoted(pod)}}}[{max(1, round(width * 1000))}ms]"
    if rolls_up:
        return f"rollup({window})"
    return " or ".join(f'label_replace({part}_over_time({window}), "{_LABEL}", "{part}", "", "")' for part in _PARTS)


def _by_bucket(result: Iterable[Series], first: float, count: int, width: float) -> dict[str, dict[int, list[Bucket]]]:
    """Join the three parts of each source; of two sources of the same GPU both are kept."""
    sources: dict[tuple[tuple[str, str], ...], dict[str, dict[int, float]]] = {}
    for series in result:
        part = series.metric.get(_LABEL, "")
        identity = tuple(sorted((k, v) for k, v in series.metric.items() if k not in (_LABEL, "__name__")))
        values = sources.setdefault(identity, {}).setdefault(part, {})
        for at, text in series.values:
            index = round((at - first) / width)
            if 0 <= index < count and (value := number(text)) is not None:
                values[index] = value
    matches: dict[str, dict[int, list[Bucket]]] = {}
    for identity, parts in sources.items():
        low, mean, high = (parts.get(part, {}) for part in _PARTS)
        into = matches.setdefault(dict(identity).get("gpu", ""), {})
        for index in mean:
            if index in low and index in high:
                into.setdefault(index, []).append(Bucket(low[index], mean[index], high[index]))
    return matches


def number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _joined(buckets: list[Bucket]) -> Bucket:
    """What two podtops saw of the same GPU at the same time."""
    return Bucket(
        min(bucket.low for bucket in buckets),
        sum(bucket.mean for bucket in buckets) / len(buckets),
        max(bucket.high for bucket in buckets),
    )


def samples_of(
    matches: Mapping[str, Mapping[str, Mapping[int, list[Bucket]]]], start: float, count: int, width: float
) -> Samples:
    """Samples as a recording has them, one per bucket that has any value."""
    columns: dict[str, dict[int, Bucket]] = {}
    for name, (_, scale) in NAMES.items():
        metric = BY_NAME[name]
        by_gpu = {
            gpu: {index: _scaled(_joined(each), scale) for index, each in buckets.items()}
            for gpu, buckets in matches.get(name, {}).items()
        }
        if not metric.per_gpu:
            columns[name] = by_gpu.get("", {})
            continue
        numbered = ((whole_number(gpu, MOST_DIGITS), each) for gpu, each in by_gpu.items())
        columns |= {metric.of_gpu(number): each for number, each in numbered if number is not None}
        if metric.always:
            columns[name] = _pooled(metric, by_gpu)
    times = sorted({index for buckets in columns.values() for index in buckets if 0 <= index < count})
    if not times:
        return EMPTY
    packed = {name: _packed(name, buckets, times) for name, buckets in columns.items() if buckets}
    return Samples(array("d", (start + index * width for index in times)), packed)


def _scaled(bucket: Bucket, scale: float) -> Bucket:
    return Bucket(*(value * scale for value in bucket))


def _pooled(metric: Metric, by_gpu: Mapping[str, Mapping[int, Bucket]]) -> dict[int, Bucket]:
    """The GPUs together. Their lowest values need not be of the same moment: the band is at least as wide as it was."""
    gathered: dict[int, list[Bucket]] = {}
    for buckets in by_gpu.values():
        for index, bucket in buckets.items():
            gathered.setdefault(index, []).append(bucket)
    pool: Callable[[Iterable[float | None]], float | None] = partial(metric.pooled)
    return {
        index: Bucket(*(pool(values) or 0.0 for values in zip(*buckets, strict=True)))
        for index, buckets in gathered.items()
    }


def _packed(name: str, buckets: Mapping[int, Bucket], times: list[int]) -> SampleColumn:
    def column(part: int) -> bytes:
        return bytes(pack(name, buckets[index][part]) if index in buckets else GAP for index in times)

    return SampleColumn(column(0), column(1), column(2))
