"""The names of the columns of each list, for [columns]: those of the screens, which the settings cannot import."""

from __future__ import annotations

_NAMES = {
    "prices": "name vram cheapest secure secure_spot community community_spot stock",
    "market": (
        "name vram cheapest secure secure_spot community community_spot whole per_gb stock rented trend max cores "
        "country"
    ),
    "flavors": "name id group vcpus memory disk burst size price serverless stock",
    "cpus": "name maker cores threads group",
    "centers": "id name country types best volumes network compliance",
    "watches": "state what now then since words",
    "money": "name word now today month disks stopped stored fate gpu",
    "billing": "what kind hours amount rate share last trend",
    "report": "name gpu paid worked idle waiting under-used boot disks stopped unwatched worst",
    "payments": "when amount what from more",
    "templates": "name image disk volume env kind runtime earned",
    "access": "kind name may created used",
    "hosts": "state name gpu rented util price bid disk memory balance month uptime maintenance verified pods where",
}


def of_list(name: str) -> tuple[str, ...]:
    """The names of a list's columns, in their usual order."""
    if name == "fleet":
        return _fleet()
    if name == "charges":
        from tui.domain.charges import KINDS

        return ("day", "total", *KINDS, "bar")
    return tuple(_NAMES[name].split())


def _fleet() -> tuple[str, ...]:
    from tui.store.metrics import METRICS

    first = ("util", "vram", "cpu", "memory")
    others = tuple(metric.name for metric in METRICS if metric.name not in first)
    return (
        "status", "name", "lease", "gpu", "gpus", "util", "spark", "vram", "cpu", "memory", "cost", "loss", "step",
        "eta", "uptime", "alert", *others, "spent", "location", "id", "image", "ports",
    )  # fmt: skip
