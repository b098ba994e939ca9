"""The documents against the SDL: valid, complete but for a list with reasons, and never asking for a secret."""

from __future__ import annotations

import pytest
from graphql import FieldNode, ValueNode, VariableNode, Visitor, parse, print_ast, specified_rules, validate, visit
from graphql.language import OperationDefinitionNode

from tests.api.schema import OPERATIONS, asked_for, object_types, schema, source
from tui.api.graphql.documents import document

# What no document asks for, and why. A field that is in neither is news: ask for it, or give it a reason here.
NOT_ASKED_FOR: dict[str, dict[str, str]] = {
    "secret: it must not leave RunPod": {
        "Pod": "apiKey volumeKey",
        "PodRegistry": "auth pass",
        "ContainerRegistryAuth": "registryAuth",
        "EnvironmentVariable": "value",
        "Machine": "installCert",
        # Of old keys the id is the key itself; a credit code's id may be the code, which is money.
        "ApiKey": "id",
        "CreditCode": "id issuerId",
    },
    "payment details and personal data: podtop has no use for them": {
        "User": "stripeSavedPaymentId stripeSavedPaymentLast4 stripeAccountId authId",
        "StripeReloadTransaction": "id mediumId receiptLink",
        "ContainerRegistryAuth": "userId",
        "MachineSystem": "privateIp publicIp",
        "PodMachineInfo": "runpodIp",
    },
    "settings of the console, not of a monitor": {
        "Mutation": "podEditJob deployCpuPod updateUserSettings saveTemplate deleteTemplate",
    },
    "serverless: out of scope": {
        "Query": "serverlessGpuPools",
        "ServerlessGpuPool": "id gpuTypeIds",
    },
    "superseded by another field that is asked for": {
        # runtime.uptimeInSeconds; RunPod's own uptimeSeconds is not to be trusted.
        "Pod": "uptimeSeconds",
        "Gpu": "podId",
        "Machine": "machineId",
        "LowestPrice": "gpuName gpuTypeId",
        "GpuAvailability": "gpuType gpuTypeDisplayName displayName id",
        "PodMachineInfo": "cpuTypeId",
        "User": "backgroundPods",
    },
    "known from one source only: a field that the live API lacks fails the whole request": {
        # The data centres are asked of the query's root, which needs no key.
        "User": "datacenters",
    },
}

SECRETS = {
    "Pod": {"apiKey", "volumeKey"},
    "PodRegistry": {"auth", "pass"},
    "ContainerRegistryAuth": {"registryAuth"},
    "EnvironmentVariable": {"value"},
    "User": {"stripeSavedPaymentId", "stripeSavedPaymentLast4", "stripeAccountId"},
    "ApiKey": {"id"},
}


def excused() -> set[tuple[str, str]]:
    return {(kind, name) for group in NOT_ASKED_FOR.values() for kind, names in group.items() for name in names.split()}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_document_is_valid_against_the_schema(operation: str) -> None:
    assert validate(schema(), source(operation), specified_rules) == []


@pytest.mark.parametrize("operation", OPERATIONS)
def test_document_is_sent_as_it_was_written(operation: str) -> None:
    sent = document(operation)
    assert print_ast(parse(sent.text)) == print_ast(source(operation))
    assert "\n" not in sent.text
    assert "#" not in sent.text
    assert sent.mutation == (operation in {"stop", "resume", "bid_resume", "terminate", "deploy", "rent"})


@pytest.mark.parametrize("operation", OPERATIONS)
def test_document_has_one_operation_named_like_its_file(operation: str) -> None:
    (definition,) = [d for d in source(operation).definitions if isinstance(d, OperationDefinitionNode)]
    assert definition.name is not None
    assert definition.name.value == operation


def test_arguments_are_variables_always() -> None:
    class Arguments(Visitor):
        def enter_argument(self, node: FieldNode, *_: object) -> None:
            value: ValueNode = node.value  # type: ignore[attr-defined]
            assert isinstance(value, VariableNode), print_ast(node)

    for operation in OPERATIONS:
        visit(source(operation), Arguments())


def test_every_query_and_mutation_of_the_specification_is_used() -> None:
    used = {name for kind, name in asked_for() if kind in ("Query", "Mutation")}
    assert used == {
        *("cpuTypes", "cpuFlavors", "countryCodes", "dataCenters", "gpuTypes", "myself", "pod"),
        *("podStop", "podResume", "podBidResume", "podTerminate"),
        *("podFindAndDeployOnDemand", "podRentInterruptable"),
    }


def test_no_document_asks_for_a_secret() -> None:
    assert not {(kind, name) for kind, names in SECRETS.items() for name in names} & asked_for()


def test_variables_of_containers_are_asked_for_by_the_pod_document_alone() -> None:
    for operation in set(OPERATIONS) - {"pod"}:
        names: set[str] = set()

        class Fields(Visitor):
            def enter_field(self, node: FieldNode, *_: object) -> None:
                names.add(node.name.value)  # noqa: B023

        visit(source(operation), Fields())
        if "env" in names:
            assert "env { key }" in document(operation).text


def test_what_is_not_asked_for_has_a_reason() -> None:
    every = {(kind.name, name) for kind in object_types() for name in kind.fields}
    missing = every - asked_for()
    assert sorted(missing - excused()) == [], "new in the schema: ask for it, or say why not"
    assert sorted(excused() - missing) == [], "asked for after all, or gone from the schema"


def test_a_field_has_one_reason() -> None:
    listed = [
        (kind, name) for group in NOT_ASKED_FOR.values() for kind, names in group.items() for name in names.split()
    ]
    assert len(listed) == len(set(listed))
