"""The exported page: names, units, labels, gaps; judged by promtool where it is installed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests import make
from tests.servers import promtool
from tui.api.errors import Unreachable
from tui.api.models import GpuReading, Quote, Telemetry
from tui.domain.recorders import AccountRecorder, HeldWatch, Holdings, Keep, Progress
from tui.services.exporter import families
from tui.services.exporter.exposition import escaped
from tui.services.exporter.page import Counts, View, page
from tui.store.fleet import Fleet

START = 1_700_000_000.0
_LINE = re.compile(r'^([a-z_]+)(\{(?:[a-z_]+="(?:[^"\\\n]|\\[\\"n])*",?)*\})? (\S+)$')


def fleet(*pods: object, funds: object = make.funds()) -> Fleet:
    made = Fleet(5.0, 60.0)
    made.apply(make.snapshot(*pods, funds=funds), START, 0.2)  # type: ignore[arg-type]
    return made


def samples(text: str) -> dict[tuple[str, str], str]:
    """All samples by name and labels. Fails for a line that is no sample, and for one that is there twice."""
    found: dict[tuple[str, str], str] = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            match = _LINE.match(line)
            assert match, line
            name, labels, value = match.groups()
            assert (name, labels) not in found, line
            found[name, labels or ""] = value
    return found


def values(text: str, name: str) -> dict[str, str]:
    return {labels: value for (its, labels), value in samples(text).items() if its == name}


def test_a_pod_is_exported_in_base_units() -> None:
    reading = Telemetry(START, None, (GpuReading(temperature_c=71.0, power_w=655.5), GpuReading(temperature_c=30.0)))
    pod = replace(make.pod("a", name="llama", utils=(93.0, 0.0)), telemetry=reading)
    text = page([View("work", fleet(pod))], START)
    assert values(text, "podtop_gpu_utilization_ratio") == {
        '{account="work",pod="a",gpu="0"}': "0.93", '{account="work",pod="a",gpu="1"}': "0",
    }  # fmt: skip
    assert values(text, "podtop_gpu_temperature_celsius")['{account="work",pod="a",gpu="1"}'] == "30"
    assert values(text, "podtop_gpu_power_watts") == {'{account="work",pod="a",gpu="0"}': "655.5"}
    assert values(text, "podtop_pod_cpu_utilization_ratio") == {'{account="work",pod="a"}': "0.3"}
    assert values(text, "podtop_pod_price_dollars_per_hour")['{account="work",pod="a",kind="compute"}'] == "2.99"
    assert values(text, "podtop_pod_info") == {
        '{account="work",pod="a",name="llama",gpu_type="H100 SXM",cloud="secure",location="US-TX-3",spot="false"}': "1"
    }
    phases = values(text, "podtop_pod_phase")
    assert [labels for labels, value in phases.items() if value == "1"] == ['{account="work",pod="a",phase="running"}']
    assert values(text, "podtop_account_balance_dollars") == {'{account="work"}': "100"}
    assert values(text, "podtop_account_runway_seconds") == {'{account="work"}': "36000"}


def test_what_is_unknown_is_absent_and_not_zero() -> None:
    pod = replace(make.pod("a", utils=(None,), cost=None, kind=None), machine=None, volume_gb=None)
    text = page([View("work", fleet(pod, funds=make.funds(None, None)))], START)
    assert not values(text, "podtop_gpu_utilization_ratio")
    assert not values(text, "podtop_pod_price_dollars_per_hour")
    assert not values(text, "podtop_pod_idle_seconds")
    assert not values(text, "podtop_account_balance_dollars")
    assert not values(text, "podtop_account_runway_seconds")
    assert list(values(text, "podtop_pod_info")) == ['{account="work",pod="a",name="pod a"}']


def test_a_stopped_pod_costs_its_disks() -> None:
    text = page([View("work", fleet(make.pod("a", status="EXITED")))], START)
    prices = values(text, "podtop_pod_price_dollars_per_hour")
    assert prices['{account="work",pod="a",kind="compute"}'] == "0"
    assert float(prices['{account="work",pod="a",kind="storage"}']) > 0
    assert not values(text, "podtop_gpu_utilization_ratio")


@pytest.mark.parametrize("status", ["ERROR", "PAUSED", "A NEW ONE"])
def test_what_a_pod_costs_is_not_zero_where_nobody_knows(status: str) -> None:
    text = page([View("work", fleet(make.pod("a", status=status)))], START)
    assert not values(text, "podtop_pod_price_dollars_per_hour")
    gone = page([View("work", fleet(make.pod("a", status="TERMINATED")))], START)
    assert values(gone, "podtop_pod_price_dollars_per_hour")['{account="work",pod="a",kind="compute"}'] == "0"


def test_pods_and_money_vanish_when_runpod_no_longer_answers() -> None:
    made = fleet(make.pod("a"))
    made.fail(Unreachable("no route"), START + 5)
    assert values(page([View("work", made)], START + 6), "podtop_gpu_utilization_ratio")
    text = page([View("work", made, Counts(7, {"unreachable": 2}))], START + 60)
    left = {name for name, _ in samples(text)}
    assert left == {
        "podtop_poll_timestamp_seconds", "podtop_poll_success", "podtop_api_requests_total",
        "podtop_poll_failures_total", "podtop_build_info",
    }  # fmt: skip
    assert values(text, "podtop_poll_timestamp_seconds") == {'{account="work",what="pods"}': "1700000000"}
    assert values(text, "podtop_poll_success") == {'{account="work",what="pods"}': "0"}
    assert values(text, "podtop_poll_failures_total") == {'{account="work",reason="unreachable"}': "2"}


def test_a_pod_that_is_gone_has_no_series() -> None:
    made = fleet(make.pod("a"), make.pod("b"))
    made.apply(make.snapshot(make.pod("b")), START + 5)
    text = page([View("work", made)], START + 5)
    assert 'pod="a"' not in text
    assert 'pod="b"' in text


def test_several_accounts_share_a_page_and_offers_are_opt_in() -> None:
    first, second = fleet(make.pod("a")), fleet(make.pod("a"))
    second.apply_market(make.market(make.offer("H100 SXM", Quote(2.99, 1.5, "High"))), START)
    text = page([View("work", first), View("lab", second, offers=True)], START)
    assert len(values(text, "podtop_gpu_utilization_ratio")) == 2
    label = '{account="lab",gpu_type="H100 SXM",gpu="NVIDIA H100 SXM",cloud="secure",kind="spot"}'
    assert values(text, "podtop_offer_price_dollars_per_hour")[label] == "1.5"
    assert "podtop_offer" not in page([View("lab", second)], START)


def test_a_percent_sign_in_a_name_stays_one_and_gpus_without_a_value_are_left_out() -> None:
    text = page([View("50%s", fleet(make.pod("%d%", utils=(93.0, None, 7.0))))], START)
    assert values(text, "podtop_gpu_utilization_ratio") == {
        '{account="50%s",pod="%d%",gpu="0"}': "0.93", '{account="50%s",pod="%d%",gpu="2"}': "0.07",
    }  # fmt: skip


@given(name=st.text(max_size=30), id=st.text(st.characters(codec="utf-8"), min_size=1, max_size=12))
def test_whatever_a_pod_is_called_the_page_can_be_read(name: str, id: str) -> None:
    text = page([View('wo"rk\\', fleet(make.pod(id, name=name or "x")))], START, openmetrics=True)
    assert samples(text)
    text.encode()


@given(st.text())
def test_a_label_is_one_line(text: str) -> None:
    assert "\n" not in escaped(text)
    assert re.fullmatch(r'(?:[^"\\\n]|\\[\\"n])*', escaped(text))


def everything() -> Fleet:
    reading = Telemetry(START, None, (GpuReading(temperature_c=71.0, power_w=655.5),))
    made = fleet(replace(make.pod("a", name='a "quoted" \\ name'), telemetry=reading), make.pod("b", status="EXITED"))
    made.apply_market(make.market(make.offer("H100 SXM", Quote(2.99, 1.5, "High"))), START)
    return made


@pytest.mark.parametrize("openmetrics", [False, True])
def test_promtool_accepts_the_page(openmetrics: bool, tmp_path: Path) -> None:
    watch = HeldWatch("fedcba9876543210", Progress.DONE, START)
    held = Holdings(("a", "b"), (watch,), (Keep("a", START + 0.5), Keep('"b"\n')))
    recorder = AccountRecorder("0123456789abcdef", "jump1", 4711, START, ("leases", "idle stops"), "0123", held)
    view = View("work", everything(), Counts(3, {"timeout": 1}), offers=True, recorder=recorder)
    text = page([view], START, openmetrics)
    used = {line.split()[2].removesuffix("_total") for line in text.splitlines() if line.startswith("# TYPE")}
    assert used == {family.name for family in families.ALL} - {families.ALERT.name}
    if openmetrics:
        (tmp_path / "page.txt").write_text(text)
        done = promtool("tsdb", "create-blocks-from", "openmetrics", "page.txt", "blocks", directory=tmp_path)
        # Without timestamps there is nothing to write, but everything to parse.
        assert "expected timestamp" in done.stderr, done.stderr
    else:
        done = promtool("check", "metrics", text=text)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
