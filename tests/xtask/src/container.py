"""What the container's files say, tried without an engine: the image's layout in a folder that is mounted for reading, the
program in it as user 65532, the volumes as a kubelet lays them out, the arguments of the manifest. Needs root, for the
mounts. Images themselves are not built here."""

import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[3]
DEPLOY = TOP / "host/server/deploy"
USER = 65532
NAME = "mcp.example.com"


def main():
    binary = os.environ["AIRLOCK_BINARY"]
    work = pathlib.Path(tempfile.mkdtemp(prefix="airlock-container-"))
    work.chmod(0o755)
    site = subprocess.Popen([binary, "demo-site", "--port", "0", "--deployment", "cloud"],
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        ready = json.loads(site.stdout.readline())
        root, key = lay_out(work, binary, ready)
        checked = enter(root, ["config", "check"] + arguments()[1:])
        _, said = checked.communicate(timeout=60)
        tell("config check in the read-only root", checked.returncode == 0, said)
        serve(root, key, work)
    finally:
        site.kill()
        shutil.rmtree(work, ignore_errors=True)


def arguments():
    """Those of the manifest."""
    text = (DEPLOY / "kubernetes.yaml").read_text()
    block = re.search(r"args:\n(.*?)ports:", text, re.S).group(1)
    return re.findall(r"- (\S+)", block)


def lay_out(work, binary, ready):
    root = work / "root"
    for folder in ["usr/local/bin", "proc", "dev", "tmp", "etc/ssl/certs", "run/mcp-airlock",
                   "run/secrets/mcp-airlock", "run/secrets/mcp-airlock-tls"]:
        (root / folder).mkdir(parents=True)
    shutil.copy(binary, root / "usr/local/bin/mcp-airlock")
    for line in subprocess.run(["ldd", binary], capture_output=True, text=True).stdout.splitlines():
        for path in re.findall(r"(/\S+)", line):
            target = root / path.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    shutil.copy("/etc/ssl/certs/ca-certificates.crt", root / "etc/ssl/certs")
    # The image's own folder, by the commands of the build.
    text = (DEPLOY / "Containerfile").read_text()
    commands = re.search(r"^RUN (mkdir.*?[^\\])\n\n", text, re.S | re.M).group(1)
    subprocess.run(["sh", "-ec", commands.replace("/image", str(root))], check=True)

    local = work / "local"
    key = subprocess.run([binary, "key", "add", "--config-dir", local, "--name", "ada"],
                         capture_output=True, text=True, check=True).stdout.strip()
    manifest = (DEPLOY / "kubernetes.yaml").read_text()
    files = {name: block(manifest, name) for name in ["policy.toml", "credentials.toml", "audit.toml"]}
    files["policy.toml"] = files["policy.toml"].replace("https://acme.atlassian.net", ready["jira"])
    files["credentials.toml"] = files["credentials.toml"].replace("ada@example.com", ready["user"])
    volume(root / "run/mcp-airlock", files, 0o444)
    volume(root / "run/secrets/mcp-airlock",
           {"keys.toml": (local / "keys.toml").read_text(), "ada": ready["token"]}, 0o440)
    pair = [work / "key.pem", work / "cert.pem"]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-keyout", pair[0], "-out", pair[1], "-subj", f"/CN={NAME}",
                    "-addext", f"subjectAltName=DNS:{NAME}", "-days", "2"], check=True, capture_output=True)
    volume(root / "run/secrets/mcp-airlock-tls",
           {"tls.key": pair[0].read_text(), "tls.crt": pair[1].read_text()}, 0o440)
    for name in ["audit", "audit-proof"]:
        folder = work / name
        folder.mkdir()
        os.chown(folder, 0, USER)
        folder.chmod(0o2777)
    return root, key


def block(manifest, name):
    """One file of the ConfigMap."""
    found = re.search(rf"^  {re.escape(name)}: \|\n((?:    .*\n|\n)+)", manifest, re.M)
    return re.sub(r"^    ", "", found.group(1), flags=re.M)


def volume(folder, files, mode):
    """As a kubelet writes one: a folder for all to write, links to a version, which is put in place whole."""
    folder.chmod(0o777)
    version = pathlib.Path(tempfile.mkdtemp(prefix="..", dir=folder))
    version.chmod(0o755)
    for name, text in files.items():
        path = version / name
        path.write_text(text)
        os.chown(path, 0, USER)
        path.chmod(mode)
        if not (folder / name).is_symlink():
            (folder / name).symlink_to(f"..data/{name}")
    (folder / "..next").symlink_to(version.name)
    (folder / "..next").rename(folder / "..data")


def enter(root, words):
    """The program with these arguments, in mounts of its own."""
    commands = f"""
        mount --bind {root} {root}
        mount --bind {root.parent}/audit {root}/etc/mcp-airlock/audit
        mount --bind {root.parent}/audit-proof {root}/etc/mcp-airlock/audit-proof
        mount -o remount,ro,bind {root}
        mount -t proc proc {root}/proc
        if touch {root}/tmp/x 2>/dev/null; then echo "the root can be written" >&2; exit 1; fi
        exec chroot --userspec={USER}:{USER} {root} /usr/local/bin/mcp-airlock "$@"
    """
    return subprocess.Popen(["unshare", "-m", "--propagation", "private", "sh", "-ec", commands, "sh", *words],
                            env={"SSL_CERT_FILE": "/etc/ssl/certs/ca-certificates.crt"},
                            stderr=subprocess.PIPE, text=True)


def serve(root, key, work):
    server = enter(root, arguments())
    try:
        log = []
        for line in server.stderr:
            log.append(line)
            if "listening on" in line:
                break
        tell("it listens", server.poll() is None and any("listening" in line for line in log), "".join(log))
        status = pathlib.Path(f"/proc/{server.pid}/status").read_text()
        identity = re.search(r"^Uid:\t(\d+)\t(\d+)", status, re.M).groups()
        tell("it is user 65532", identity == (str(USER), str(USER)), str(identity))
        tell("/healthz and /readyz", [probe("/healthz"), probe("/readyz")] == [200, 200])
        code, text = call(key, work)
        tell("a call with ada's own token", code == 200 and "PROJ-1" in text, f"{code} {text[:300]}")
        records = list((work / "audit").glob("*.jsonl"))
        recorded = "".join(path.read_text() for path in records)
        own = '"secret":"file:/run/secrets/mcp-airlock/ada"'
        tell("it is recorded under her name", '"principal":"ada"' in recorded and own in recorded, recorded[-600:])
        # Her key is taken out of the secret, and a kubelet puts the new version in place.
        secrets = root / "run/secrets/mcp-airlock"
        volume(secrets, {"keys.toml": "version = 1\n", "ada": (secrets / "ada").read_text()}, 0o440)
        time.sleep(1)
        tell("a key that was taken away opens nothing a second later", call(key, work)[0] == 401)
        server.send_signal(signal.SIGTERM)
        tell("it ends well", server.wait(timeout=10) == 0)
    finally:
        server.kill()


def probe(path):
    connection = http.client.HTTPConnection("127.0.0.1", 9464, timeout=10)
    connection.request("GET", path)
    return connection.getresponse().status


def call(key, work):
    trust = ssl.create_default_context(cafile=str(work / "cert.pem"))
    plain = socket.create_connection(("127.0.0.1", 8443), timeout=30)
    connection = http.client.HTTPConnection(NAME)
    connection.sock = trust.wrap_socket(plain, server_hostname=NAME)
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call",
               "params": {"name": "jira_get_issue", "arguments": {"issue_key": "PROJ-1"}}}
    connection.request("POST", "/mcp", json.dumps(message), {
        "authorization": f"Bearer {key}", "content-type": "application/json",
        "accept": "application/json, text/event-stream", "mcp-protocol-version": "2025-11-25"})
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def tell(what, is_so, otherwise=""):
    print(f"{'ok' if is_so else 'NOT'}  {what}", flush=True)
    if not is_so:
        sys.exit(f"{what}: {otherwise}")


main()
