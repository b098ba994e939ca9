"""Whether other clients of RunPod work against the simulated one: its own SDK, and a third party's for REST v2.

`python -m tests.bench.clients PYTHON`, where PYTHON is an interpreter that has `runpod` or `kestrel-cloud-runpod`
installed (the latter without its dependencies, but with httpx). Each step prints whether it worked.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys

STEPS = """
import sys, traceback

def step(name, act):
    try:
        print(f"  ok    {name}: {act()}")
    except Exception as error:
        print(f"  fails {name}: {type(error).__name__}: {error}")
"""

SDK = (
    STEPS
    + """
import os
os.environ["RUNPOD_API_BASE_URL"] = sys.argv[1]
import runpod
runpod.api_key = "demo-key"
print("runpod", runpod.__version__)
POD = "k3v9x0q2m1a7ze"
made = []
step("get_gpus", lambda: len(runpod.get_gpus()))
step("get_gpu", lambda: runpod.get_gpu("NVIDIA L40S")["id"])
step("get_pods", lambda: len(runpod.get_pods()))
step("get_pod", lambda: runpod.get_pod(POD)["name"])
step("stop_pod", lambda: runpod.stop_pod(POD))
step("resume_pod", lambda: runpod.resume_pod("p8d2n5c1r4t6yw", 4))
step("create_pod", lambda: made.append(runpod.create_pod("sdk", "acme/x:1", "NVIDIA RTX A4000", "SECURE")["id"]))
step("terminate_pod", lambda: runpod.terminate_pod(made[0]))
"""
)

KESTREL = (
    STEPS
    + """
import importlib.metadata, importlib.util, pathlib, types
found = importlib.metadata.distribution("kestrel-cloud-runpod")
# Its package requires far more than its client does.
package = types.ModuleType("kestrel_cloud_runpod")
package.__path__ = [str(found.locate_file("kestrel_cloud_runpod"))]
sys.modules["kestrel_cloud_runpod"] = package
from kestrel_cloud_runpod import clients
from kestrel_cloud_runpod.models import PodCreateRequest
print("kestrel-cloud-runpod", found.version)
client = next(
    made for made in vars(clients).values() if isinstance(made, type) and hasattr(made, "iter_pod_logs")
)(api_key="demo-key", base_url=sys.argv[1] + "/v2")
POD = "k3v9x0q2m1a7ze"
made = []
step("list_gpus", lambda: len(client.list_gpus()))
step("get_gpu", lambda: client.get_gpu("NVIDIA L40S"))
step("list_pods", lambda: len(client.list_pods()))
step("get_pod", lambda: client.get_pod(POD))
step("iter_pod_logs", lambda: len(list(client.iter_pod_logs(POD, tail=5, stream_window_seconds=1))))
step("create_pod", lambda: made.append(client.create_pod(PodCreateRequest("k", "acme/x:1", "NVIDIA RTX A4000")).id))
for verb in ("stop", "start", "stop", "terminate"):
    step(f"pod_action {verb}", lambda: getattr(client.pod_action(made[0], verb), "status", None))
step("delete_pod", lambda: client.delete_pod(POD))
step("list_endpoints", lambda: client.list_endpoints())
step("list_network_volumes", lambda: client.list_network_volumes())
step("pod_billing", lambda: client.pod_billing(last_n=3))
step("no such pod", lambda: client.get_pod("none"))
"""
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("python", help="an interpreter that has the clients installed")
    python = parser.parse_args().python
    command = [sys.executable, "-m", "tui", "simulate", "--port", "0"]
    for client in (SDK, KESTREL):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            root = server.stdout.readline().split(" at ")[1].split("/graphql")[0]
            env = {**os.environ, "NO_PROXY": "*", "no_proxy": "*"}
            subprocess.run([python, "-c", client, root], check=False, env=env)
            server.terminate()


if __name__ == "__main__":
    main()
