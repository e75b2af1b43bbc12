#!/usr/bin/env python3
"""Shows that a second host adds throughput, and what one call costs: `cargo xtask edge-load`.

One and then two `wash` hosts serve the same component, each held to 0.4 of a processor by a control group, while a
demo site answers on loopback. Writes component/edge/CAPACITY.md from what was measured.
"""

import concurrent.futures
import contextlib
import http.client
import os
import pathlib
import platform
import signal
import statistics
import sys
import time

import stage
from stage import COMPOSED, ROOT, Running

SHARE = 0.4
PERIOD_US = 100_000
SECONDS = 15
CLIENTS_PER_HOST = 4
PORTS = (8472, 8474)
CALL = {"name": "jira_get_issue", "arguments": {"issue_key": "PROJ-1"}}
PAGE = ROOT / "component/edge/CAPACITY.md"
TENANTS, CALLS_A_SECOND = 1_000, 10


class Group:
    """A control group of processes that get `SHARE` of a processor together; version 1 or 2 of Linux's interface."""

    def __init__(self, name):
        unified = pathlib.Path("/sys/fs/cgroup/cgroup.controllers").exists()
        parent = pathlib.Path("/sys/fs/cgroup" if unified else "/sys/fs/cgroup/cpu")
        self.folder, self.unified = parent / name, unified
        quota = int(SHARE * PERIOD_US)
        self.folder.mkdir(exist_ok=True)
        if unified:
            (self.folder / "cpu.max").write_text(f"{quota} {PERIOD_US}")
        else:
            (self.folder / "cpu.cfs_period_us").write_text(str(PERIOD_US))
            (self.folder / "cpu.cfs_quota_us").write_text(str(quota))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in (self.folder / "cgroup.procs").read_text().split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(process), signal.SIGKILL)
        until = time.time() + 10
        while (self.folder / "cgroup.procs").read_text() and time.time() < until:
            time.sleep(0.05)
        self.folder.rmdir()

    def take(self, process):
        (self.folder / "cgroup.procs").write_text(str(process))

    def throttled(self):
        """How often it had used up its share."""
        lines = (self.folder / "cpu.stat").read_text().splitlines()
        return dict(line.split() for line in lines)["nr_throttled"]


class Host:
    """One `wash` process that serves the component."""

    def __init__(self, wash, port, environment):
        hosts = [f"http://127.0.0.1:{stage.SITE_PORT}"]
        config = stage.wash_config(COMPOSED, environment, hosts, port=port)
        self.port, name = port, f"wash-load-{port}"
        self.running = Running(name, stage.wash_command(wash, name, config))


def client(port, key, until):
    """One client that calls and calls; how long each call took."""
    body, headers = stage.message("tools/call", CALL, key)
    server = http.client.HTTPConnection("127.0.0.1", port, timeout=90)
    times = []
    while time.perf_counter() < until:
        began = time.perf_counter()
        server.request("POST", "/mcp", body, headers)
        answer = server.getresponse()
        text = answer.read()
        if answer.status != 200 or b"PROJ-1" not in text or b'"isError":true' in text:
            raise RuntimeError(f"{answer.status} {text[:300]}")
        times.append(time.perf_counter() - began)
    server.close()
    return times


def load(hosts, key):
    """Throughput, times and the processor time of one call over these hosts."""
    began, before = time.perf_counter(), sum(host.running.cpu_seconds() for host in hosts)
    until = began + SECONDS
    ports = [host.port for host in hosts for _ in range(CLIENTS_PER_HOST)]
    with concurrent.futures.ThreadPoolExecutor(len(ports)) as clients:
        times = [took for one in clients.map(lambda port: client(port, key, until), ports) for took in one]
    took = time.perf_counter() - began
    processor = sum(host.running.cpu_seconds() for host in hosts) - before
    return {
        "hosts": len(hosts),
        "calls": len(times),
        "rate": len(times) / took,
        "median": statistics.median(times) * 1000,
        "cost": processor / len(times) * 1000,
        "used": processor / took,
    }


def page(results, limited):
    cost = max(result["cost"] for result in results)
    rate = TENANTS * CALLS_A_SECOND
    rows = "\n".join(
        f"| {r['hosts']} | {r['calls']:,} | {r['rate']:.0f} | {r['median']:.0f} | {r['cost']:.1f} | {r['used']:.2f} |" for r in results
    )
    held = (
        f"each held to {SHARE} of a processor by a control group"
        if limited
        else "**not held to a share of a processor**, since control groups cannot be written on this machine"
    )
    return f"""# What one call costs at the edge

Written by `cargo xtask edge-load` on {time.strftime("%-d %B %Y", time.gmtime())} ({platform.machine()}, {os.cpu_count()} processors, load
{os.getloadavg()[0]:.1f} at the end: clients and demo site share the machine). `wash dev` 2.10, the composed component, {held};
{CLIENTS_PER_HOST} clients per host call `jira_get_issue` for {SECONDS} s, each answered by an instance of its own.

| hosts | calls | calls/s | median ms | processor ms per call | processors used |
|---|---|---|---|---|---|
{rows}

A second host multiplied the throughput by {results[1]["rate"] / results[0]["rate"]:.2f}. Hosts share nothing, so the next ones add as the second did, as
long as the site keeps up.

## {TENANTS:,} tenants, {CALLS_A_SECOND} calls a second each

{rate:,} calls a second × {cost:.1f} ms = **{rate * cost / 1000:.0f} processors** busy with nothing else ({rate * cost / 1000 / 0.7:.0f} at 70 % use), on top of
what the sites themselves need. That is a calculation from the table, not a measurement: nobody ran {rate:,} calls a second.
It counts what the host process used, user and kernel, for this one tool; a page of Confluence costs more. The sites' own
rate limits are reached long before.
"""


def main():
    with stage.deployment(PORTS) as (key, environment), contextlib.ExitStack() as stack:
        wash = stage.install("wash")["wash"]
        if not wash:
            print("without wash nothing can be measured")
            return 1
        try:
            groups = [stack.enter_context(Group(f"airlock-edge-{port}")) for port in PORTS]
        except OSError as error:
            print(f"control groups cannot be written here, so nothing holds the hosts back: {error}")
            groups = None
        results, hosts = [], []
        for index, port in enumerate(PORTS):
            host = Host(wash, port, environment)
            stack.enter_context(host.running)
            # It compiles the component at full speed; the share is for serving.
            host.running.wait_until_ready(port)
            if groups:
                groups[index].take(host.running.process.pid)
            hosts.append(host)
            results.append(load(hosts, key))
            print({name: round(value, 2) for name, value in results[-1].items()}, flush=True)
        if groups:
            print("throttled:", *(group.throttled() for group in groups))
    gain = results[1]["rate"] / results[0]["rate"]
    if gain < 1.3:
        print(f"the second host added too little: {gain:.2f}; the page stays as it was")
        return 1
    PAGE.write_text(page(results, bool(groups)))
    print(f"wrote {PAGE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
