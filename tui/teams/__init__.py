"""Files that teams run along with podtop: dashboard, rules, compose file, systemd units. `podtop teams` writes them."""

from __future__ import annotations

from pathlib import Path

FILES = (
    "README.md", "compose.yaml", "scrape.yaml", "rules.yaml", "dashboard.json", "grafana-datasource.yaml",
    "grafana-dashboards.yaml", "podtop-record.service", "podtop-record@.service",
)  # fmt: skip
"""What is written, in the order in which it is read."""


def source(name: str) -> Path:
    """The path of a file. It is part of the package."""
    return Path(__file__).parent / name
