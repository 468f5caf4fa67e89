#!/usr/bin/env python3
"""How long a change takes from the API server's answer to the screen: latency.py COUNT COMMAND...
Runs COMMAND in a pseudo-terminal, creates COUNT claims as a second client, and waits for each name in what the program writes.
Also how long a key takes (j, k in turns). Prints "name value" lines in milliseconds. Needs the kubeconfig's client certificate."""
import base64, fcntl, http.client, json, os, pty, select, ssl, statistics, struct, subprocess, sys, tempfile, termios, time

count, command = int(sys.argv[1]), sys.argv[2:]
config = json.loads(subprocess.check_output(["kubectl", "config", "view", "--raw", "--minify", "--flatten", "-o", "json"]))
cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
host = cluster["server"].split("//")[1]


def pem(data):
    file = tempfile.NamedTemporaryFile(delete=False)
    file.write(base64.b64decode(data))
    file.close()
    return file.name


context = ssl.create_default_context(cadata=base64.b64decode(cluster["certificate-authority-data"]).decode())
context.check_hostname = False
cert, key = pem(user["client-certificate-data"]), pem(user["client-key-data"])
context.load_cert_chain(cert, key)
os.unlink(cert), os.unlink(key)
api = http.client.HTTPSConnection(host, context=context)
base = "/apis/extensions.agents.x-k8s.io/v1beta1/namespaces/default/sandboxclaims"


def call(method, path, body=None):
    api.request(method, path, body and json.dumps(body), {"Content-Type": "application/json"})
    answer = api.getresponse()
    answer.read()
    return time.monotonic(), answer.status


pid, screen = pty.fork()
if pid == 0:
    os.environ["TERM"] = "xterm-256color"
    os.execvp(command[0], command)
fcntl.ioctl(screen, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))


def read_until(wanted, seconds):
    end, seen = time.monotonic() + seconds, b""
    while time.monotonic() < end:
        if select.select([screen], [], [], max(0, end - time.monotonic()))[0]:
            seen = (seen + os.read(screen, 65536))[-200000:]
            if not wanted or wanted in seen:
                return time.monotonic()
    return None


def drain(seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if select.select([screen], [], [], 0.05)[0]:
            os.read(screen, 65536)


drain(6)
times, missed = [], 0
for i in range(count):
    name = f"lat-{os.getpid() % 1000}-{i}"
    answered, status = call("POST", base, {"apiVersion": "extensions.agents.x-k8s.io/v1beta1", "kind": "SandboxClaim", "metadata": {"name": name},
                                           "spec": {"warmPoolRef": {"name": "no-such-pool"}}})
    assert status == 201, status
    shown = read_until(name.encode(), 5)
    if shown is None:
        missed += 1
    else:
        times.append(max(0.0, (shown - answered) * 1000))
    call("DELETE", base + "/" + name)
    drain(0.3 + (i * 37 % 100) / 1000)
keys = []
for i in range(40):
    drain(0.13)
    pressed = time.monotonic()
    os.write(screen, b"jk"[i % 2:i % 2 + 1])
    shown = read_until(b"", 1)
    if shown:
        keys.append((shown - pressed) * 1000)
os.write(screen, b"q")
if times:
    print(f"change_median {statistics.median(times):.1f}\nchange_worst {max(times):.1f}\nchange_missed {missed}")
if keys:
    print(f"key_median {statistics.median(keys):.1f}\nkey_worst {max(keys):.1f}")
