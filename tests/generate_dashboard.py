"""The Grafana dashboard that podtop ships: `python -m tests.generate_dashboard` writes it anew; a test fails when that
is due."""

from __future__ import annotations

import json
from typing import Any

from tui import teams

SOURCE = {"type": "prometheus", "uid": "${source}"}
ACCOUNT = 'account=~"$account"'
POD = f'{ACCOUNT},pod=~"$pod"'
NAMED = f"* on (account, pod) group_left (name) max by (account, pod, name) (podtop_pod_info{{{ACCOUNT}}})"
IDLE = (
    f'max by (account, pod) (podtop_pod_price_dollars_per_hour{{kind="compute",{ACCOUNT}}}) '
    '* on (account, pod) max by (account, pod) (podtop_pod_phase{phase="idle"} == 1)'
)
"""Two podtops may export the same account: by `max` their samples count once."""
GREEN, TEXT = (None, "green"), (None, "text")


def target(expression: str, legend: str = "", *, instant: bool = False, letter: str = "A") -> dict[str, Any]:
    made = {"refId": letter, "datasource": SOURCE, "expr": expression, "legendFormat": legend or "__auto"}
    return {**made, "instant": True, "range": False, "format": "table"} if instant else made


def panel(
    title: str, kind: str, place: tuple[int, int, int, int], *targets: dict[str, Any], unit: str = "short",
    about: str = "", **options: Any,
) -> dict[str, Any]:  # fmt: skip
    """place: x, y, width and height, in a grid of 24 columns."""
    x, y, w, h = place
    custom = options.pop("custom", {})
    limits = options.pop("limits", {})
    return {
        "title": title, "type": kind, "description": about, "datasource": SOURCE,
        "gridPos": {"x": x, "y": y, "w": w, "h": h}, "targets": list(targets),
        "fieldConfig": {"defaults": {"unit": unit, "custom": custom, **limits}, "overrides": []},
        "options": options.pop("options", {}), **options,
    }  # fmt: skip


def steps(*pairs: tuple[float | None, str]) -> dict[str, Any]:
    return {"thresholds": {"mode": "absolute", "steps": [{"value": value, "color": color} for value, color in pairs]}}


def stat(title: str, x: int, expression: str, unit: str, about: str, limits: dict[str, Any]) -> dict[str, Any]:
    return panel(title, "stat", (x, 0, 4, 4), target(expression), unit=unit, about=about, limits=limits)


def joined(*columns: tuple[str, str]) -> list[dict[str, Any]]:
    """What makes one table of several results: a column for each, by pod."""
    names = {f"Value #{letter}": title for letter, title in columns}
    hidden = dict.fromkeys(("Time", "__name__", "instance", "job", "Value", "Value #A"), True)
    return [
        {"id": "merge", "options": {}},
        {"id": "organize", "options": {"renameByName": {**names, "name": "name"}, "excludeByName": hidden}},
    ]


def panels() -> list[dict[str, Any]]:
    memory = "podtop_gpu_memory_utilization_ratio"
    gpu, lines = "podtop_gpu_utilization_ratio", {"lineWidth": 1, "fillOpacity": 20}
    stacked = {**lines, "stacking": {"mode": "normal"}}
    price = 'min_over_time(podtop_offer_price_dollars_per_hour{gpu_type=~"$gpu_type"}[$__interval])'
    return [
        stat(
            "Last response",
            0,
            f'time() - max by (account) (podtop_poll_timestamp_seconds{{what="pods",{ACCOUNT}}})',
            "s",
            "Beyond two minutes podtop is blind: nothing below is current.",
            steps(GREEN, (60, "yellow"), (120, "red")),
        ),
        stat(
            "Balance",
            4,
            f"sum(max by (account) (podtop_account_balance_dollars{{{ACCOUNT}}}))",
            "currencyUSD",
            "",
            steps(TEXT),
        ),
        stat(
            "Runway",
            8,
            f"min(podtop_account_runway_seconds{{{ACCOUNT}}})",
            "s",
            "The shortest of the accounts. At $0 RunPod stops pods and deletes their disks.",
            steps((None, "red"), (86_400, "yellow"), (259_200, "green")),
        ),
        stat(
            "Spend per hour",
            12,
            f"sum(max by (account) (podtop_account_spend_dollars_per_hour{{{ACCOUNT}}}))",
            "currencyUSD",
            "",
            steps(TEXT),
        ),
        stat(
            "Idle per hour",
            16,
            f"sum({IDLE}) or 0 * count(podtop_pod_phase{{{ACCOUNT}}})",
            "currencyUSD",
            "What idle pods cost.",
            steps(GREEN, (0.01, "yellow"), (5, "red")),
        ),
        stat(
            "GPUs busy",
            20,
            f"avg({gpu}{{{ACCOUNT}}} > bool 0.05)",
            "percentunit",
            "",
            steps((None, "red"), (0.5, "yellow"), (0.9, "green")),
        ),
        panel(
            "Spend per hour by account",
            "timeseries",
            (0, 4, 12, 7),
            target(
                f"max by (account) (max_over_time(podtop_account_spend_dollars_per_hour{{{ACCOUNT}}}[$__interval]))",
                "{{account}}",
            ),
            unit="currencyUSD",
            custom=stacked,
        ),
        panel(
            "Idle dollars per hour",
            "timeseries",
            (12, 4, 12, 7),
            target(f"sum by (account) ({IDLE})", "{{account}}"),
            unit="currencyUSD",
            custom=stacked,
        ),
        panel(
            "Pods",
            "table",
            (0, 11, 24, 9),
            target(
                f"max by (account, pod, name, gpu_type, cloud, location, spot) (podtop_pod_info{{{POD}}})",
                instant=True,
                letter="A",
            ),
            target(f"avg by (account, pod) (avg_over_time({gpu}{{{POD}}}[10m]))", instant=True, letter="B"),
            target(
                f'max by (account, pod) (podtop_pod_price_dollars_per_hour{{kind="compute",{POD}}})',
                instant=True,
                letter="C",
            ),
            target(f"max by (account, pod) (podtop_pod_uptime_seconds{{{POD}}})", instant=True, letter="D"),
            target(f"max by (account, pod) (podtop_pod_idle_seconds{{{POD}}})", instant=True, letter="E"),
            transformations=joined(("B", "utilization 10 min"), ("C", "$/h"), ("D", "uptime s"), ("E", "idle s")),
        ),
        panel(
            "Utilization by pod",
            "heatmap",
            (0, 20, 24, 9),
            target(
                f"avg by (account, pod, name) (avg_over_time({gpu}{{{POD}}}[$__interval]) {NAMED})",
                "{{account}} {{name}} {{pod}}",
            ),
            unit="percentunit",
            about="Rows: pods. A dark cell is a pod that did nothing.",
            options={
                "calculate": False,
                "rowsFrame": {"layout": "auto"},
                "color": {"scheme": "Viridis", "mode": "scheme", "min": 0, "max": 1},
            },
        ),
        panel(
            "GPUs: utilization",
            "timeseries",
            (0, 29, 12, 8),
            target(
                f"min by (account, pod, gpu) (min_over_time({gpu}{{{POD}}}[$__interval]))",
                "{{pod}} GPU {{gpu}} min",
                letter="A",
            ),
            target(
                f"avg by (account, pod, gpu) (avg_over_time({gpu}{{{POD}}}[$__interval]))",
                "{{pod}} GPU {{gpu}}",
                letter="B",
            ),
            target(
                f"max by (account, pod, gpu) (max_over_time({gpu}{{{POD}}}[$__interval]))",
                "{{pod}} GPU {{gpu}} max",
                letter="C",
            ),
            unit="percentunit",
            about="Choose one pod above.",
            custom=lines,
            limits={"min": 0, "max": 1},
        ),
        panel(
            "GPUs: memory",
            "timeseries",
            (12, 29, 12, 8),
            target(
                f"max by (account, pod, gpu) (max_over_time({memory}{{{POD}}}[$__interval]))",
                "{{pod}} GPU {{gpu}}",
            ),
            unit="percentunit",
            custom=lines,
            limits={"min": 0, "max": 1},
        ),
        panel(
            "GPUs: temperature",
            "timeseries",
            (0, 37, 12, 7),
            target(
                f"max by (account, pod, gpu) (max_over_time(podtop_gpu_temperature_celsius{{{POD}}}[$__interval]))",
                "{{pod}} GPU {{gpu}}",
            ),
            unit="celsius",
            about="RunPod's GraphQL API only.",
            custom=lines,
        ),
        panel(
            "GPUs: power",
            "timeseries",
            (12, 37, 12, 7),
            target(
                f"avg by (account, pod, gpu) (avg_over_time(podtop_gpu_power_watts{{{POD}}}[$__interval]))",
                "{{pod}} GPU {{gpu}}",
            ),
            unit="watt",
            about="RunPod's GraphQL API only.",
            custom=lines,
        ),
        panel(
            "Prices",
            "timeseries",
            (0, 44, 24, 8),
            target(f"min by (gpu_type, cloud, kind) ({price})", "{{gpu_type}} {{cloud}} {{kind}}"),
            unit="currencyUSD",
            about="Needs offers = true in [watcher].",
            custom={**lines, "fillOpacity": 0},
        ),
    ]


def variable(name: str, query: str, label: str) -> dict[str, Any]:
    return {
        "name": name, "label": label, "type": "query", "datasource": SOURCE, "query": {"query": query, "refId": name},
        "refresh": 2, "sort": 1, "multi": True, "includeAll": True, "allValue": ".*",
        "current": {"text": "All", "value": "$__all"},
    }  # fmt: skip


def dashboard() -> dict[str, Any]:
    changes = f'changes(podtop_pod_phase{{phase="running",{POD}}}[2m]) > 0'
    return {
        "title": "podtop: RunPod pods", "uid": "podtop", "schemaVersion": 39, "version": 1, "tags": ["podtop", "gpu"],
        "editable": True, "refresh": "30s", "time": {"from": "now-6h", "to": "now"}, "timezone": "browser",
        "templating": {
            "list": [
                {"name": "source", "label": "Data source", "type": "datasource", "query": "prometheus"},
                variable("account", "label_values(podtop_pod_info, account)", "Account"),
                variable("pod", 'label_values(podtop_pod_info{account=~"$account"}, pod)', "Pod"),
                variable("gpu_type", "label_values(podtop_offer_price_dollars_per_hour, gpu_type)", "GPU type"),
            ]
        },
        "annotations": {
            "list": [{
                "name": "Starts and ends", "enable": False, "datasource": SOURCE, "expr": changes, "iconColor": "blue",
                "titleFormat": "{{pod}}", "textFormat": "started or ended",
            }]
        },
        "panels": [{"id": number, **each} for number, each in enumerate(panels(), 1)],
    }  # fmt: skip


def text() -> str:
    return json.dumps(dashboard(), indent=1) + "\n"


if __name__ == "__main__":
    teams.source("dashboard.json").write_text(text(), "utf-8")
