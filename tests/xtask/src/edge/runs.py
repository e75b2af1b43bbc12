#!/usr/bin/env python3
"""Runs the composed component in runtimes that are not ours: `cargo xtask edge-runs`.

Says what could not be installed. Against a demo site on loopback each run lists the tools, reads an issue, is refused
without a key, and is searched for the token; `wasmtime serve` is also measured and driven by the official conformance
suite. Nothing here decides what is right: the tests in `it` do; this shows that other runtimes agree.
"""

import http.client
import http.server
import os
import pathlib
import re
import statistics
import subprocess
import sys
import threading
import time

import stage
from stage import COMPOSED, EDGE, EDGE_PORT, PROGRAM, SITE_PORT, Running, ask, quiet

CALL = {"name": "jira_get_issue", "arguments": {"issue_key": "PROJ-1"}}
CALLS = 200
KEY_PORT = 8473


def check(running, key, token, expect_site=True):
    """What went wrong, or nothing."""
    running.wait_until_ready()
    status, text = ask("tools/list", {}, key)
    if status != 200 or text.count('"inputSchema"') != 13:
        return f"tools/list: {status} {text[:400]}"
    status, text = ask("tools/call", CALL, key)
    if not expect_site:
        # The site is up, as the run with the right list shows; runtimes differ in what they call their refusal.
        refusals = ["no connection to the site", "own list of hosts"]
        ok = status == 200 and '"isError":true' in text and any(words in text for words in refusals)
        return None if ok else f"its own list let the request through: {status} {text[:400]}"
    if status != 200 or "PROJ-1" not in text or '"isError":true' in text:
        return f"tools/call: {status} {text[:400]}\n{running.text()[-2000:]}"
    if ask("tools/list", {}, None)[0] != 401:
        return "a stranger is let in"
    if token in text or token in running.text():
        return "the token is in an answer or the log"
    return None


def wasmtime_run(found, key, environment):
    command = stage.wasmtime_command(found["wasmtime"], environment, COMPOSED)
    with Running("wasmtime", command, env={**os.environ, **environment}) as running:
        problem = check(running, key, environment["AIRLOCK_TOKEN_CLOUD"])
        return problem or conformance(found, key)


def conformance(found, key):
    """The suite of the protocol's authors, in the era without sessions. It has no key, so one is added on the way."""
    if not (found["conformance"] and found["node"]):
        print("conformance suite: not run")
        return None
    baseline = pathlib.Path(__file__).with_name("conformance.yml")
    suite = [found["node"], found["conformance"], "server", "--url", f"http://127.0.0.1:{KEY_PORT}/mcp"]
    suite += ["--requirements", "2026-07-28", "--expected-failures", str(baseline), "-o", str(EDGE / "conformance")]
    passing = http.server.ThreadingHTTPServer(("127.0.0.1", KEY_PORT), with_key(key))
    threading.Thread(target=passing.serve_forever, daemon=True).start()
    try:
        said = quiet(*suite, env={**os.environ, "NO_COLOR": "1"})
    finally:
        passing.shutdown()
    (EDGE / "conformance.log").write_text(said.stdout + said.stderr)
    if said.returncode == 0:
        print("conformance suite, 2026-07-28: as expected of a server without test tools")
    return None if said.returncode == 0 else f"the conformance suite fails, see {EDGE}/conformance.log"


def with_key(key):
    """Passes requests on as they are, but for the key, and for the name where it is that of this address."""

    class Passing(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def pass_on(self):
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            here, there = f"127.0.0.1:{KEY_PORT}", f"127.0.0.1:{EDGE_PORT}"
            server = http.client.HTTPConnection("127.0.0.1", EDGE_PORT, timeout=90)
            server.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() in ("host", "origin"):
                    value = value.replace(here, there)
                if name.lower() != "authorization":
                    server.putheader(name, value)
            server.putheader("Authorization", f"Bearer {key}")
            server.endheaders(body)
            answer = server.getresponse()
            text = answer.read()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("content-length", "transfer-encoding", "connection", "date"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_DELETE = do_OPTIONS = pass_on

        def log_message(self, *_):
            pass

    return Passing


def wasmtime_precompiled(found, key, environment):
    compiled = EDGE / "mcp-airlock-edge.cwasm"
    quiet(found["wasmtime"], "compile", "-o", str(compiled), str(COMPOSED), check=True)
    command = stage.wasmtime_command(found["wasmtime"], environment, compiled, "--allow-precompiled")
    with Running("wasmtime-precompiled", command, env={**os.environ, **environment}) as running:
        problem = check(running, key, environment["AIRLOCK_TOKEN_CLOUD"])
        if problem:
            return problem
        measure("an instance and tools/list", running, "tools/list", {}, key)
        measure("an instance and jira_get_issue", running, "tools/call", CALL, key)
    return None


def measure(what, running, method, params, key):
    """Each request has an instance of its own, so each one is a cold one."""
    times, seconds = [], running.cpu_seconds()
    body, headers = stage.message(method, params, key)
    server = http.client.HTTPConnection("127.0.0.1", EDGE_PORT, timeout=90)
    for _ in range(CALLS):
        began = time.perf_counter()
        server.request("POST", "/mcp", body, headers)
        server.getresponse().read()
        times.append((time.perf_counter() - began) * 1000)
    server.close()
    processor = (running.cpu_seconds() - seconds) * 1000 / CALLS
    times.sort()
    print(
        f"{what}: {CALLS} requests, median {statistics.median(times):.1f} ms, fastest {times[0]:.1f} ms, "
        f"{processor:.1f} ms of processor time each, user and kernel"
    )


def exported():
    """The list of hosts, in the words of `policy export`."""
    command = [PROGRAM, "policy", "export", "--for", "wasmcloud", "--policy", str(stage.POLICY_FILE)]
    return re.findall(r'- "(.*)"', quiet(*command, check=True).stdout)


def wash_dev(name, found, config, key, token, expect_site=True):
    with Running(name, stage.wash_command(found["wash"], name, config)) as running:
        return check(running, key, token, expect_site)


def wash_run(found, key, environment):
    config = stage.wash_config(COMPOSED, environment, exported())
    return wash_dev("wash-dev", found, config, key, environment["AIRLOCK_TOKEN_CLOUD"])


def wash_refused(found, key, environment):
    """What `policy export` would not list, the runtime's own list refuses: another port of the same host."""
    hosts = [host.replace(str(SITE_PORT), str(SITE_PORT + 100)) for host in exported()]
    assert hosts != exported(), "the list names the site"
    config = stage.wash_config(COMPOSED, environment, hosts)
    return wash_dev("wash-dev-another-list", found, config, key, environment["AIRLOCK_TOKEN_CLOUD"], False)


def wash_three(found, key, environment):
    part = lambda name, hosts, more: {"name": name, "file": str(EDGE / f"{name}.wasm"), "allowedHosts": hosts, **more}
    parts = [
        part("tools", [], {}),
        part("settings", [], {}),
        part("broker", exported(), {"environment": {"config": environment}}),
    ]
    config = stage.wash_config(EDGE / "shell.wasm", {}, [], components=parts)
    return wash_dev("wash-dev-three", found, config, key, environment["AIRLOCK_TOKEN_CLOUD"])


def jco_run(found, key, environment):
    command = [found["jco"], "serve", str(COMPOSED), "--host", "127.0.0.1", "--port", str(EDGE_PORT)]
    with Running("jco", command, env={**os.environ, **environment}, cwd=EDGE) as running:
        return check(running, key, environment["AIRLOCK_TOKEN_CLOUD"])


RUNS = [
    ("wasmtime serve", "wasmtime", wasmtime_run),
    ("wasmtime serve, precompiled", "wasmtime", wasmtime_precompiled),
    ("wash dev", "wash", wash_run),
    ("wash dev, three components", "wash", wash_three),
    ("wash dev, another list of hosts", "wash", wash_refused),
    ("jco serve", "jco", jco_run),
]


def main():
    failed = False
    with stage.deployment(ports=(EDGE_PORT, KEY_PORT)) as (key, environment):
        found = stage.install("wasmtime", "wash", "jco", "node", "conformance")
        for name, runtime, run in RUNS:
            if not found[runtime]:
                print(f"{name}: not run")
                continue
            try:
                problem = run(found, key, environment)
            except (RuntimeError, OSError, subprocess.SubprocessError, http.client.HTTPException) as error:
                problem = repr(error)
            print(f"{name}: {problem or 'ok'}", flush=True)
            failed |= bool(problem)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
