"""What a page of 2,000 pods of 8 GPUs costs: `python -m tests.bench.page`. The goal is 100 ms of CPU."""

from __future__ import annotations

import argparse
import random
import statistics
import time

from msgspec.structs import replace

from tests.bench.windows import INTERVAL, NOW, account
from tui.api.models import Pod, Snapshot
from tui.services.exporter.page import View, page
from tui.store.fleet import Fleet


def stirred(snapshot: Snapshot, chance: random.Random) -> Snapshot:
    """The same pods, with values that no two GPUs share: nothing is found in a cache of texts."""

    def changed(pod: Pod) -> Pod:
        assert pod.runtime is not None
        assert pod.telemetry is not None
        gpus = tuple(
            replace(gpu, util=chance.uniform(5, 100), memory=chance.uniform(5, 100), power_w=chance.uniform(90, 700))
            for gpu in pod.telemetry.gpus
        )
        runtime = replace(pod.runtime, gpus=gpus, cpu=chance.uniform(0, 100))
        return replace(pod, runtime=runtime, telemetry=replace(pod.telemetry, gpus=gpus))

    return replace(snapshot, pods=tuple(map(changed, snapshot.pods or ())))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.page", description=__doc__)
    parser.add_argument("--pods", type=int, default=2_000)
    pods, chance = parser.parse_args().pods, random.Random(20)
    fleet, spent, text = Fleet(INTERVAL, 60.0, budget=0), [], ""
    for poll in range(12):
        at = NOW + poll * INTERVAL
        fleet.apply(stirred(account(pods, poll), chance), at)
        begin = time.process_time()
        text = page([View("work", fleet)], at + 1, openmetrics=True)
        text.encode()
        spent.append(1000 * (time.process_time() - begin))
    print(
        f"a page of {pods} pods of 8 GPUs, {text.count(chr(10)):,} lines, {len(text) / 1e6:.1f} MB: {spent[0]:.0f} ms "
        f"of CPU the first time, then {statistics.median(spent[1:]):.0f} (goal 100)"
    )


if __name__ == "__main__":
    main()
