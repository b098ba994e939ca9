"""The nominal power of a GPU type, by which waiting is told from work. Pure; watts, from the makers' data sheets."""

from __future__ import annotations

_WATTS = {
    "H100 SXM": 700.0, "H100 NVL": 400.0, "H100 PCIe": 350.0, "H200 SXM": 700.0, "B200": 1000.0, "B300": 1400.0,
    "MI300X": 750.0, "A100 SXM": 400.0, "A100 PCIe": 300.0, "A40": 300.0, "L40S": 350.0, "L40": 300.0, "L4": 72.0,
    "RTX 5090": 575.0, "RTX 4090": 450.0, "RTX 3090": 350.0, "RTX 6000 Ada": 300.0, "RTX PRO 6000": 600.0,
    "RTX A6000": 300.0, "RTX A5000": 230.0, "RTX A4500": 200.0, "RTX A4000": 140.0,
}  # fmt: skip


def nominal_watts(gpu_type_name: str) -> float | None:
    """The power that a GPU of this type may draw, by the name that RunPod shows; None if it is unknown."""
    return _WATTS.get(gpu_type_name)
