"""The account of the simulated world: all fields of GraphQL's `User` except pods."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tui.demo.catalogue import PLACES, gpu_types
from tui.demo.market import gpu_view
from tui.demo.pod_views import place_view, volume_view
from tui.demo.pods import iso
from tui.demo.random_walk import wander
from tui.demo.world import World

DAYS = 90
MACHINES = ("rack-one", "rack-two")
"""Machines that the account rents out."""

ACCOUNT_ID = "user_2demoPodtop"
EMAIL = "demo@example.com"
PUBLIC_KEYS = ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIdemo demo@example.com",)
REGISTRIES = ({"id": "cr_01", "name": "ghcr acme", "userId": ACCOUNT_ID, "registryAuth": None},)

README = """# {name}

A template of the demo.

## What is in it

- an image with **{name}** and its dependencies
- `ssh` on port 22, Jupyter on 8888

| port | what |
|---|---|
| 8888 | Jupyter |
| 22 | ssh |

```sh
python train.py --data /workspace/data
```

> Models are kept in `/workspace`: mount a volume there.
"""
CPU = {
    "id": "AMD EPYC 9554", "displayName": "AMD EPYC 9554 64-Core Processor", "manufacturer": "AMD",
    "cores": 64, "threadsPerCore": 2, "groupId": "epyc",
}  # fmt: skip
CPU_TYPES = (
    CPU,
    {"id": "AMD EPYC 7763", "displayName": "AMD EPYC 7763 64-Core Processor", "manufacturer": "AMD",
     "cores": 64, "threadsPerCore": 2, "groupId": "epyc"},
    {"id": "Intel Xeon Platinum 8480+", "displayName": "Intel Xeon Platinum 8480+", "manufacturer": "Intel",
     "cores": 56, "threadsPerCore": 2, "groupId": "xeon"},
)  # fmt: skip


def data_centers(world: World) -> list[dict[str, Any]]:
    """All data centers with the stock of each; the world's stock is spread over them by the seed."""

    def availability(place: str) -> list[dict[str, Any]]:
        rows = []
        for gpu in gpu_types().values():
            if world.shelf.stands_in(gpu, place):
                stock = world.shelf.stock(gpu, True, 1, world.now)
                rows.append(
                    {
                        "id": f"{place}-{gpu.id}", "gpuTypeId": gpu.id, "displayName": gpu.name,
                        "gpuTypeDisplayName": gpu.name, "stockStatus": stock, "available": stock is not None,
                        "gpuType": gpu_view(world.shelf, gpu, world.now),
                    }
                )  # fmt: skip
        return rows

    return [
        {**place_view(place), "gpuAvailability": lambda input=None, place=place: availability(place.id)}
        for place in PLACES
    ]


def spend_limit(world: World) -> int:
    """Dollars per hour."""
    return max(80, int(world.spend_per_hour() * 1.5))


def user(world: World) -> dict[str, Any]:
    """The account as GraphQL's `User`."""
    now = world.now
    return {
        "id": ACCOUNT_ID,
        "authId": ACCOUNT_ID,
        "email": EMAIL,
        "pods": lambda: [world.view(pod) for pod in world.pods.values()],
        "backgroundPods": [],
        "clientBalance": round(world.balance, 6),
        "currentSpendPerHr": round(world.spend_per_hour(), 6),
        "clientLifetimeSpend": round(18_234.5 + world.charged, 2),
        "spendLimit": spend_limit(world),
        "minBalance": 0.0,
        "underBalance": world.balance <= 0,
        "creditAlertThreshold": 50.0,
        "machineQuota": 2,
        "maxServerlessConcurrency": 5,
        "hostBalance": 312.4,
        "hostStripeLinked": True,
        "referralEarned": 42.5,
        "templateEarned": 7.25,
        "signedTermsOfService": True,
        "multiFactorEnabled": True,
        "notifyPodsStale": True,
        "notifyPodsGeneral": True,
        "notifyLowBalance": True,
        "notifyOther": False,
        "pubKey": "\n".join(PUBLIC_KEYS),
        "stripeSavedPaymentId": None,
        "stripeSavedPaymentLast4": None,
        "stripeAccountId": None,
        "stripeAutoReloadAmount": None,
        "stripeAutoPaymentThreshold": None,
        "spendDetails": lambda: {
            "gpuComputePerHour": sum(p.rate for p in world.pods.values() if p.status == "RUNNING"),
            "localStoragePerHour": sum(p.storage_rate() for p in world.pods.values()),
            "networkStoragePerHour": world.network_storage_per_hour(),
        },
        "dailyCharges": lambda: charges(world),
        "stripeReloadHistory": lambda: reloads(now),
        "creditCodes": lambda: [
            {"id": "cc_01", "issuerId": "user_2issuer", "createdAt": iso(now - 60 * 86_400),
             "redeemedAt": iso(now - 59 * 86_400), "amount": 25.0}
        ],
        "referral": {"code": "podtop00", "currentMonth": {"totalReferrals": 2, "totalSpend": 118.2}},
        "apiKeys": lambda: [
            {"id": "key_01", "name": "laptop", "permissions": "ALL", "createdAt": iso(now - 200 * 86_400),
             "lastUsed": iso(now - 30)},
            {"id": "key_02", "name": "jump box", "permissions": "READ_ONLY", "createdAt": iso(now - 20 * 86_400),
             "lastUsed": iso(now)},
        ],
        "containerRegistryCreds": list(REGISTRIES),
        "networkVolumes": [volume_view()] if world.has_volume else [],
        "datacenters": lambda: data_centers(world),
        "information": {
            "firstName": "Dana", "lastName": "Demo", "addressLine1": "1 Example Street", "addressLine2": None,
            "countryCode": "US", "companyName": "Acme Research", "companyIdentification": None,
            "taxIdentification": None,
        },
        "podTemplates": [template(i) for i in range(3)],
        "machines": lambda: [machine(world, i) for i in range(len(MACHINES))],
        "machineEarnings": lambda: earnings(world),
        "billing": lambda input=None: billing(world),
    }  # fmt: skip


def charges(world: World) -> list[dict[str, Any]]:
    """One charge per day and kind, newest first."""
    today = datetime.fromtimestamp(world.now, UTC).date()
    rows = []
    for back in range(DAYS):
        day = today - timedelta(days=back)
        pods = 180 + 520 * wander(back, 5, world.seed, "charges")
        kinds = (("CHARGE_POD", pods), ("CHARGE_STORAGE", 6.1), ("CHARGE_SERVERLESS", pods * 0.04), ("CHARGE_API", 0.4))
        for kind, amount in kinds:
            rows.append(
                {
                    "amount": round(amount, 2), "updatedAt": day.isoformat(), "type": kind,
                    "podCharges": round(amount, 2) if kind == "CHARGE_POD" else 0.0,
                    "diskCharges": round(amount, 2) if kind == "CHARGE_STORAGE" else 0.0,
                    "apiCharges": round(amount, 2) if kind == "CHARGE_API" else 0.0,
                    "serverlessCharges": round(amount, 2) if kind == "CHARGE_SERVERLESS" else 0.0,
                }
            )  # fmt: skip
    return rows


def reloads(now: float) -> list[dict[str, Any]]:
    return [
        {
            "id": f"txn_{n:03d}", "mediumId": None, "transactionCompletedAt": iso(now - n * 9 * 86_400),
            "receiptLink": None, "amount": 500.0, "medium": "STRIPE" if n % 3 else "CRYPTO", "type": "RELOAD",
        }
        for n in range(1, 11)
    ]  # fmt: skip


def template(index: int) -> dict[str, Any]:
    name = ("PyTorch 2.4", "ComfyUI", "vLLM")[index % 3]
    return {
        "id": f"tpl_{index:03d}", "name": name, "imageName": f"acme/{name.split()[0].lower()}:latest",
        "dockerArgs": "", "startScript": "#!/bin/sh\nset -e\nexec /start.sh\n" if index == 0 else None,
        "advancedStart": False, "startJupyter": index == 0, "startSsh": True,
        "containerDiskInGb": 40, "containerRegistryAuthId": None, "volumeInGb": 100, "volumeMountPath": "/workspace",
        "ports": "8888/http,22/tcp", "env": [{"key": "HF_HOME", "value": "/workspace/hf"}], "isPublic": False,
        "isServerless": False, "earned": 0.0, "runtimeInMin": 12_000, "readme": README.format(name=name),
    }  # fmt: skip


def tenant(pod: str, name: str, gpus: int, price: float) -> dict[str, Any]:
    """A pod that another user rents on a machine of the account, as GraphQL's `Pod`, with few optional fields."""
    return {
        "id": pod, "name": name, "desiredStatus": "RUNNING", "gpuCount": gpus, "costPerHr": round(gpus * price, 2),
        "gpuPowerLimitPercent": 100, "gpus": [], "imageName": "acme/tenant:1", "machineId": "host0a9b8c7",
        "memoryInGb": 48.0 * gpus, "vcpuCount": 12.0 * gpus, "volumeEncrypted": False,
    }  # fmt: skip


def machine(world: World, index: int) -> dict[str, Any]:
    """A machine that the account rents out, as GraphQL's `Machine`."""
    seed, now = world.seed, world.now
    gpu = gpu_types()["NVIDIA GeForce RTX 4090" if index == 0 else "NVIDIA RTX A6000"]
    count = 8 - 4 * index
    gpus = [
        {
            "id": f"GPU-host-{index}-{i}",
            "percentUtilization": round(100 * wander(now, 90, seed, "host", index, i), 1),
            "memoryUtilization": round(90 * wander(now, 600, seed, "host", index, i, "m"), 1),
            "temperatureCelcius": round(40 + 35 * wander(now, 90, seed, "host", index, i), 1),
            "powerWatts": round(80 + 300 * wander(now, 90, seed, "host", index, i), 1),
        }
        for i in range(count)
    ]
    average = {"id": None, **{k: sum(g[k] for g in gpus) / count for k in gpus[0] if k != "id"}}  # type: ignore[misc]
    return {
        "id": f"host{index}a9b8c7", "machineId": f"host{index}a9b8c7", "userId": "user_2demoPodtop",
        "name": MACHINES[index % 2], "note": "basement, second rack" if index else None, "location": "US",
        "pods": [] if index else [
            tenant("t4n5a6n7t8one9", "sdxl-batch", 4, gpu.community_price),
            tenant("t1w2o3t4e5n6nt", "whisper-large", 2, gpu.community_price),
        ],
        "registered": True, "listed": True, "verified": index == 0, "ownedByMe": True, "secureCloud": False,
        "supportPublicIp": True, "gpuTypeId": gpu.id, "gpuType": gpu_view(world.shelf, gpu, now), "gpuTotal": count,
        "gpuReserved": 0 if index else 6, "gpuPowerLimitPercentageRented": 100, "gpuPowerLimitPercentageSelf": 80,
        "cpuCount": 64, "cpuTypeId": CPU["id"], "cpuType": CPU, "moboName": "ROMED8-2T", "vcpuTotal": 128,
        "vcpuReserved": 0 if index else 96, "memoryTotal": 512, "memoryReserved": 0 if index else 380,
        "diskTotal": 7600, "diskReserved": 900 if index else 4100,
        "diskMBps": 3200, "downloadMbps": 2400, "uploadMbps": 2100, "pcieLink": 4, "pcieLinkWidth": 16,
        "hostPricePerGpu": gpu.community_price, "hostMinBidPerGpu": gpu.community_spot, "margin": 0.25,
        "gpuCloudPrice": gpu.community_price, "installCert": None,
        "defaultImageName": "acme/miner-of-embeddings:3.1" if index else None,
        "defaultStartScript": "/start.sh" if index else None,
        "defaultArguments": "--batch 64 --resume" if index else None,
        "defaultDiskInGb": 20 if index else None, "defaultPort": 8080 if index else None,
        "defaultEnv": ["QUEUE=night", "WORKERS=4"] if index else [],
        "uptimePercentListedOneWeek": 94.2 if index else 99.9, "uptimePercentListedFourWeek": 97.3 if index else 99.4,
        "uptimePercentListedTwelveWeek": 98.8, "uptimePercentAbsoluteTwelveWeek": 98.1 - 7 * index,
        "idleJobTemplateId": "tpl_002" if index else None, "idleJobTemplate": template(2) if index else None,
        "maintenanceStart": iso(now + 3 * 86_400) if index else None,
        "maintenanceEnd": iso(now + 3 * 86_400 + 7200) if index else None,
        "maintenanceNote": "new power supply" if index else None,
        "machineBalance": {"hostDiskEarnings": 4.2, "hostGpuEarnings": 204.1 - 100 * index,
                           "hostTotalEarnings": 208.3 - 100 * index},
        "backgroundPodTelemetry": lambda input=None: None if not index else {
            "state": "running", "time": iso(now), "cpuUtilization": 0.2, "memoryUtilization": 0.3,
            "averageGpuMetrics": average, "individualGpuMetrics": gpus, "lastStateTransitionTimestamp": int(now - 9000),
        },
        "latestTelemetry": {
            "time": iso(now), "cpuUtilization": 0.31, "memoryUtilization": 0.52,
            "averageGpuMetrics": average, "individualGpuMetrics": gpus,
        },
    }  # fmt: skip


def earnings(world: World) -> list[dict[str, Any]]:
    rows = []
    for index, name in enumerate(MACHINES):
        for back in range(30):
            day = (world.now // 86_400 - back) * 86_400
            gpu = (6 + 30 * wander(day, 4 * 86_400, world.seed, "earnings", index)) / (1 + 2 * index)
            disk = 0.4 + 1.6 * wander(day, 9 * 86_400, world.seed, "earnings", index, "disk")
            rows.append(
                {"name": name, "date": iso(day), "machineId": f"host{index}a9b8c7",
                 "hostTotalEarnings": round(gpu, 2) + round(disk, 2), "hostGpuEarnings": round(gpu, 2),
                 "hostDiskEarnings": round(disk, 2)}
            )  # fmt: skip
    return rows


def billing(world: World) -> dict[str, Any]:
    times = [iso(world.now - back * 86_400) for back in range(30)]
    return {
        "summary": [
            {"time": t, "gpuCloudAmount": 420.5, "cpuCloudAmount": 0.0, "serverlessAmount": 14.2,
             "storageAmount": 6.1, "runpodEndpointAmount": 0.4}
            for t in times
        ],
        "gpuCloud": [
            {"gpuTypeId": "NVIDIA H100 80GB HBM3", "time": t, "timeBilledSeconds": 86_400, "amount": 420.5}
            for t in times
        ],
        "cpuCloud": [],
        "storage": [
            {"time": t, "amount": 6.1, "diskSpaceBilledGB": 1450, "networkStorageAmount": 3.2} for t in times
        ],
    }  # fmt: skip
