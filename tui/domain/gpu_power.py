"""Nominal power of GPU types: what utilization hides, watts show. Pure.

A GPU that waits in a collective reports 100 % utilization at a fifth of its nominal power.

Source: the maximum board or module power in the manufacturers' data sheets (NVIDIA: TDP, TGP or "max power consumption"
of the product's data sheet; AMD: TBP). Where a type has a range that the host sets, its highest value; for the
air-cooled B300 the 1,100 W of HGX B300, as its 1,400 W need liquid.
"""

from __future__ import annotations

from functools import lru_cache

NOMINAL_W = {
    "MI300X": 750, "MI325X": 1000,
    "A100 PCIe": 300, "A100 SXM": 400, "A30": 165, "A40": 300,
    "B200": 1000, "B300": 1100,
    "RTX 3070": 220, "RTX 3080": 320, "RTX 3080 Ti": 350, "RTX 3090": 350, "RTX 3090 Ti": 450,
    "RTX 4070 Ti": 285, "RTX 4080": 320, "RTX 4080 SUPER": 320, "RTX 4090": 450,
    "RTX 5080": 360, "RTX 5090": 575,
    "H100 SXM": 700, "H100 NVL": 400, "H100 PCIe": 350, "H200 SXM": 700, "H200 NVL": 600,
    "L4": 72, "L40": 300, "L40S": 350,
    "RTX 2000 Ada": 70, "RTX 4000 Ada": 130, "RTX 4000 Ada SFF": 70, "RTX 5000 Ada": 250, "RTX 6000 Ada": 300,
    "RTX A2000": 70, "RTX A4000": 140, "RTX A4500": 200, "RTX A5000": 230, "RTX A6000": 300,
    "RTX PRO 4500": 200, "RTX PRO 6000": 600, "RTX PRO 6000 MaxQ": 300,
    "V100 FHHL": 150, "Tesla V100": 250, "V100 SXM2": 300, "V100 SXM2 32GB": 300, "T4": 70,
}  # fmt: skip
"""Watts by RunPod's display name. A part of a GPU (MIG) has no power of its own."""

_ALIASES = {
    "AMD Instinct MI300X OAM": "MI300X",
    "NVIDIA A100 80GB PCIe": "A100 PCIe",
    "NVIDIA A100-SXM4-80GB": "A100 SXM",
    "NVIDIA A100-SXM4-40GB": "A100 SXM",
    "NVIDIA B300 SXM6 AC": "B300",
    "NVIDIA H100 80GB HBM3": "H100 SXM",
    "NVIDIA H200": "H200 SXM",
    "NVIDIA RTX 4000 SFF Ada Generation": "RTX 4000 Ada SFF",
    "NVIDIA RTX PRO 4500 Blackwell": "RTX PRO 4500",
    "NVIDIA RTX PRO 6000 Blackwell Workstation Edition": "RTX PRO 6000",
    "NVIDIA RTX PRO 6000 Blackwell Server Edition": "RTX PRO 6000",
    "NVIDIA RTX PRO 6000 Blackwell Max-Q Workstation Edition": "RTX PRO 6000 MaxQ",
    "Tesla V100-FHHL-16GB": "V100 FHHL",
    "Tesla V100-PCIE-16GB": "Tesla V100",
    "Tesla V100-SXM2-16GB": "V100 SXM2",
    "Tesla V100-SXM2-32GB": "V100 SXM2 32GB",
}
"""RunPod's ids whose display name does not follow from them."""


def _plain(name: str) -> str:
    parts = name.lower().replace("-", " ").split()
    return " ".join(word for word in parts if word not in ("nvidia", "geforce", "amd", "instinct", "generation"))


_BY_NAME = {
    **{_plain(name): float(watts) for name, watts in NOMINAL_W.items()},
    **{_plain(id): float(NOMINAL_W[name]) for id, name in _ALIASES.items()},
}


@lru_cache(maxsize=256)
def nominal_w(gpu: str | None) -> float | None:
    """Nominal watts of one GPU of a type, by RunPod's id or display name; None if the type is unknown."""
    return None if gpu is None else _BY_NAME.get(_plain(gpu))
