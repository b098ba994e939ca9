"""One pod, the account, hosts and CPU types: every field that a document asks for reaches the domain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from msgspec import Struct

from tests.api.make import Recorder, cloud
from tests.api.schema import EPOCH, answer_everything, full_answer
from tui.api.account import Account
from tui.api.errors import Malformed, Rejected, Unauthorized
from tui.api.graphql.client import GraphQLCloud
from tui.api.graphql.documents import document
from tui.api.hosts import Capacity, CpuType, Hosts
from tui.api.pod_detail import EnvVar, NetworkVolume
from tui.api.secret import Secret

MISSING_BY_RIGHT = ("problems", "unreadable")


def holes(value: Any, path: str = "") -> Iterator[str]:
    """Where a value has nothing: None, or an empty tuple."""
    if value is None or value == ():
        yield path
    elif isinstance(value, Struct):
        for name in value.__struct_fields__:
            if name not in MISSING_BY_RIGHT:
                yield from holes(getattr(value, name), f"{path}.{name}")
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from holes(item, f"{path}[{index}]")


def whole() -> GraphQLCloud:
    return cloud(answer_everything)


def account_answer(operation: str = "account", **fields: Any) -> dict[str, Any]:
    """A full answer about the account with some of its fields replaced."""
    answer = full_answer(document(operation).text)
    answer["data"]["myself"] = {**answer["data"]["myself"], **fields}
    return answer


async def test_nothing_that_is_asked_for_is_lost() -> None:
    everything = whole()
    runtime_has_no_watts = ("temperature_c", "power_w")
    only_rest_has = (".billing_mode", ".as_of", ".verbs", ".cluster_id", ".other")
    for value in (
        await everything.fleet(),
        await everything.market(),
        await everything.pod("p1"),
        await everything.account(),
        await everything.ledger(),
        await everything.templates(),
        await everything.readmes(),
        await everything.billing(),
        await everything.profile(),
        await everything.hosts(),
        await everything.cpu_types(),
        await everything.pod_extras("p1"),
        await everything.gpu_sheets(),
        await everything.countries(),
    ):
        found = [hole for hole in holes(value) if not (".runtime." in hole and hole.endswith(runtime_has_no_watts))]
        assert [hole for hole in found if not hole.endswith(only_rest_has)] == []


async def test_a_pod_in_detail() -> None:
    found = await whole().pod("p1")
    assert found is not None
    assert found.pod.id == "word"
    assert found.created_at == EPOCH
    assert found.network_volume == NetworkVolume("word", "word", 7, "word")
    assert found.gpu_ids == ("word", "word")
    assert found.machine is not None
    assert found.machine.disk_mb_per_s == 7


async def test_variables_of_a_container_are_masked() -> None:
    recorder = Recorder(
        {
            "data": {
                "pod": {
                    **{"id": "p1", "name": "n", "desiredStatus": "RUNNING", "gpuCount": 1},
                    "env": ["HF_TOKEN=hf_very=secret", "EMPTY=", "BARE", None, ""],
                }
            }
        }
    )
    found = await cloud(recorder).pod("p1")
    assert recorder.variables == {"input": {"podId": "p1"}}
    assert found is not None
    assert found.env == (
        EnvVar("HF_TOKEN", Secret("hf_very=secret")),
        EnvVar("EMPTY", Secret("")),
        EnvVar("BARE", Secret("")),
    )
    assert "hf_very" not in repr(found)
    assert "hf_very" not in str(found.env[0])
    assert found.env[0].value.reveal() == "hf_very=secret"


async def test_a_pod_that_is_not_there_is_none() -> None:
    assert await cloud({"data": {"pod": None}}).pod("gone") is None


async def test_a_pod_that_could_not_be_given_is_not_a_pod_that_is_not_there() -> None:
    with pytest.raises(Rejected, match="try later"):
        await cloud({"data": {"pod": None}, "errors": [{"message": "try later"}]}).pod("p1")
    with pytest.raises(Malformed):
        await cloud({"data": {"pod": {"id": 5}}}).pod("p1")
    with pytest.raises(Rejected, match="Nothing was sent"):
        await cloud({"data": {}}).pod("")


async def test_one_part_of_the_account_may_fail_alone() -> None:
    answer = account_answer(
        networkVolumes=[{"id": "v", "size": 5}, {"id": 5}, None],
        apiKeys="none of your business",
        referral=None,
        machineQuota=3,
    )
    found = await cloud(answer).account()
    assert [v.size_gb for v in found.network_volumes] == [5]
    assert found.api_keys == ()
    assert found.referral is None
    assert found.machine_quota == 3
    assert [p.message for p in found.problems] == [
        "invalid API keys: expected a list, got text",
        "invalid network volumes: expected text, got a number at id",
    ]


async def test_a_charge_that_is_not_understood_costs_no_other() -> None:
    charges = [{"amount": 1.5, "updatedAt": "2026-07-15"}, {"amount": "much"}, None]
    found = await cloud(account_answer("ledger", dailyCharges=charges)).ledger()
    assert [c.amount for c in found.charges] == [1.5]
    assert found.charges[0].at == 1784073600.0
    assert len(found.top_ups) == 2
    assert [p.message for p in found.problems] == ["invalid charges: expected a number, got text at amount"]


async def test_a_billing_that_runpod_does_not_serve_is_refused_alone() -> None:
    refused = {"errors": [{"message": 'Unknown argument "input" on field "User.billing".'}]}
    with pytest.raises(Rejected, match="Unknown argument"):
        await cloud(httpx.Response(400, json=refused)).billing()
    assert (await cloud({"data": {"myself": {"id": "u", "billing": None}}}).billing()).gpus == ()


async def test_long_texts_keep_their_lines_and_lose_what_moves_a_cursor() -> None:
    told = [{"id": "t", "readme": "# One\r\n\n- a\x1b[2J\n- \u202eb\\n", "startScript": "echo a\necho b"}]
    found = await cloud(account_answer("readmes", podTemplates=told)).readmes()
    assert found.texts[0].readme == "# One \n\n- a[2J\n- b\\n"
    assert found.texts[0].start_script == "echo a\necho b"
    other = await cloud(account_answer("templates", podTemplates=[{"name": "a\nb"}])).templates()
    assert other.templates[0].name == "a b"


async def test_whose_account_it_is_prints_masked() -> None:
    found = await cloud(account_answer("profile", information={"firstName": "Dana", "taxIdentification": ""})).profile()
    assert found.first_name is not None
    assert found.first_name.reveal() == "Dana"
    assert found.tax_id is None
    assert "Dana" not in repr(found)


async def test_an_account_with_wrong_scalars_still_has_its_lists() -> None:
    found = await cloud(account_answer(clientBalance={})).account()
    assert found.funds.balance is None
    assert len(found.network_volumes) == 2
    assert found.problems[0].message.startswith("invalid account")


async def test_a_bare_account() -> None:
    found = await cloud({"data": {"myself": {"id": "user_1"}}}).account()
    assert isinstance(found, Account)
    assert found.funds.account_id == "user_1"
    assert found.problems == ()
    with pytest.raises(Unauthorized):
        await cloud({"data": {"myself": None}}).account()


async def test_templates_tell_names_of_variables_only() -> None:
    told = [{"name": "t", "env": [{"key": "TOKEN"}, None, {"key": None}]}]
    found = await cloud(account_answer("templates", podTemplates=told)).templates()
    assert found.templates[0].env_names == ("TOKEN",)


async def test_who_only_rents_has_no_machines() -> None:
    assert await cloud({"data": {"myself": {"machines": None}}}).hosts() == Hosts(())
    assert await cloud({"data": {"myself": {"machines": []}}}).hosts() == Hosts(())


async def test_a_machine_that_is_not_understood_is_told() -> None:
    found = await cloud(
        {"data": {"myself": {"machines": [{"id": "m1", "gpuTotal": 8, "gpuReserved": 3}, {"id": "m2", "name": 1}]}}}
    ).hosts()
    assert [h.id for h in found.hosts] == ["m1"]
    assert found.hosts[0].gpus == Capacity(8, 3)
    assert found.hosts[0].load is None
    assert found.hosts[0].idle_job is None
    assert [u.id for u in found.unreadable] == ["m2"]


async def test_machines_that_could_not_be_given() -> None:
    with pytest.raises(Rejected):
        await cloud({"data": {"myself": {"machines": None}}, "errors": [{"message": "no"}]}).hosts()
    with pytest.raises(Malformed):
        await cloud({"data": {"myself": {"machines": 5}}}).hosts()


async def test_cpu_types_need_no_key() -> None:
    recorder = Recorder({"data": {"cpuTypes": [{"id": "c", "displayName": "EPYC", "cores": 64}, None]}})
    found = await cloud(recorder, key=None).cpu_types()
    assert found == (CpuType("c", "EPYC", None, 64, None, None),)
    assert "authorization" not in recorder.requests[0].headers
    with pytest.raises(Malformed):
        await cloud(httpx.Response(200, json={"data": {"cpuTypes": None}})).cpu_types()


async def test_variables_of_an_idle_job_lose_their_values_at_once() -> None:
    job = {"id": "m1", "defaultImageName": "i", "defaultEnv": ["TOKEN=hf_very=secret", "BARE", None, "", "=odd"]}
    found = await cloud({"data": {"myself": {"machines": [job]}}}).hosts()
    assert found.hosts[0].idle_job is not None
    assert found.hosts[0].idle_job.env_names == ("TOKEN", "BARE")
    assert "hf_very" not in repr(found)
    broken = {"id": "m1", "name": 5, "defaultEnv": ["TOKEN=hf_very=secret"]}
    assert "hf_very" not in repr(await cloud({"data": {"myself": {"machines": [broken]}}}).hosts())


async def test_earnings_that_are_not_understood_cost_no_machine() -> None:
    days = [{"date": "2026-07-15", "machineId": "m1", "hostTotalEarnings": 5.5}, {"hostTotalEarnings": "much"}, None]
    found = await cloud({"data": {"myself": {"machines": [{"id": "m1"}], "machineEarnings": days}}}).hosts()
    assert [e.total for e in found.earnings] == [5.5]
    assert len(found.hosts) == 1
    assert "invalid earnings" in found.problems[0].message
    found = await cloud({"data": {"myself": {"machines": [{"id": "m1"}], "machineEarnings": "none"}}}).hosts()
    assert (found.earnings, len(found.problems)) == ((), 1)
