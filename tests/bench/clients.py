"""Whether other clients of RunPod work against the simulated one: its own SDKs, and a third party's for REST v2.

`python -m tests.bench.clients PYTHON`, where PYTHON is an interpreter that has `runpod` (GraphQL) or
`kestrel-cloud-runpod` (REST v2; without its dependencies, but with httpx) installed. With `--node DIR` also RunPod's
TypeScript SDK for REST v2, which is in its MCP server: `npm install --prefix DIR @runpod/mcp-server@4`. Each step
prints whether it worked.
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

MCP = """
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
const transport = new StdioClientTransport({
  command: "node", args: ["node_modules/@runpod/mcp-server/dist/stdio.mjs"], stderr: "ignore",
  env: { ...process.env, RUNPOD_API_KEY: "rpa_demo", RUNPOD_API_BASE_URL: process.env.SIMULATED },
});
const client = new Client({ name: "bench", version: "1" });
await client.connect(transport);
console.log("@runpod/mcp-server", client.getServerVersion().version);
async function step(name, values = {}, note = "") {
  try {
    const answer = await client.callTool({ name, arguments: values });
    const text = answer.content.map((part) => part.text ?? "").join("").replace(/\\s+/g, " ");
    console.log(answer.isError ? "  fails" : "  ok   ", name + note + ":", text.slice(0, 160));
    return text;
  } catch (error) {
    console.log("  fails", name + note + ":", error.message);
    return "";
  }
}
const POD = "k3v9x0q2m1a7ze";
for (const name of ["list-pods", "list-cpu-types", "list-data-centers", "list-network-volumes", "list-registries",
                    "list-templates", "get-ssh-keys", "list-billing", "list-pod-billing"]) await step(name);
await step("get-pod", { id: POD });
await step("list-gpu-types", { include: ["AVAILABILITY"], product: ["POD"] });
await step("stream-pod-logs", { podId: POD, tail: 5 });
const gpu = { id: "NVIDIA RTX A4000", count: 1 };
const made = await step("create-pod", { body: { name: "mcp", image: "acme/x:1", cloud: "SECURE", gpu } });
const id = made.match(/"id": *"([^"]+)"/)?.[1] ?? "";
await step("update-pod", { id, body: { locked: true } }, " lock");
await step("update-pod", { id, body: { locked: false, name: "mcp-2" } }, " unlock, rename");
for (const action of ["stop", "start", "stop", "terminate"])
  await step("pod-action", { id, body: { action } }, " " + action);
await step("get-pod", { id: "none" }, " that is none");
await client.close();
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("python", nargs="?", help="an interpreter that has the clients installed")
    parser.add_argument("--node", metavar="DIR", help="a directory with RunPod's MCP server in its node_modules")
    options = parser.parse_args()
    if options.python is not None:
        for client in (SDK, KESTREL):
            _against([options.python, "-c", client, "{root}"])
    if options.node is not None:
        _against(["node", "--input-type=module", "-e", MCP], options.node)


def _against(client: list[str], directory: str | None = None) -> None:
    """Run a client beside a simulator of its own."""
    command = [sys.executable, "-m", "tui", "simulate", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        root = server.stdout.readline().split(" at ")[1].split("/graphql")[0]
        env = {**os.environ, "NO_PROXY": "*", "no_proxy": "*", "SIMULATED": root}
        words = [root if word == "{root}" else word for word in client]
        subprocess.run(words, check=False, env=env, cwd=directory)
        server.terminate()


if __name__ == "__main__":
    main()
