#!/usr/bin/env python3
"""Numbered lines of a real pod, counted as `sandtop logs` brings them: soak_logs.py SANDTOP [--lines N] [CASE...]
A pod writes N lines and, while it does, something goes wrong; each number must come once, or lie in a gap that was said.
  fast    as fast as it can, nothing wrong; kubectl logs -f and curl beside it: lines a second, CPU a million lines
  cuts    the connection is cut every 2 s
  outage  the API server is away for 20 s
  kill    the container is killed in the middle, and starts anew
  stop    sandtop itself is stopped for 25 s (--stop SECONDS)
Prints one line a case, "ok" or "not ok" first. Everything it makes in the cluster is removed again. Needs kubectl, and a client certificate in the
kubeconfig for curl."""
import argparse, base64, json, os, re, signal, subprocess, sys, tempfile, time

parser = argparse.ArgumentParser()
parser.add_argument("sandtop")
parser.add_argument("cases", nargs="*")
parser.add_argument("--lines", type=int, default=200000)
parser.add_argument("--image", default="local/python-runtime-sandbox:v0.5.6")
parser.add_argument("--namespace", default="sandtop-soak")
parser.add_argument("--stop", type=float, default=25)
parser.add_argument("--port", type=int, default=18553)
args = parser.parse_intermixed_args()
here, ns = os.path.dirname(os.path.abspath(__file__)), args.namespace
work = tempfile.mkdtemp()

# The number to go on with stands in a volume that outlives the container.
WRITER = """
import os, sys, time
total, rate, kill_at, delay = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
path = "/state/next"
first = int(open(path).read()) if os.path.exists(path) else 0
if not first:
    time.sleep(delay)
out, start, pad = sys.stdout.buffer, time.monotonic(), "x" * 80
step = 200
for at in range(first, total, step):
    out.write("".join(f"n={i:07d} {pad}\\n" for i in range(at, min(at + step, total))).encode())
    out.flush()
    if first == 0 and kill_at and at + step >= kill_at:
        open(path, "w").write(str(at + step))
        time.sleep(0.05)
        os.kill(os.getpid(), 9)
    wait = rate and start + (at + step - first) / rate - time.monotonic()
    if wait > 0:
        time.sleep(wait)
time.sleep(1)
print("done", flush=True)
time.sleep(3600)
"""


def kubectl(*words, text=None, check=True):
    return subprocess.run(["kubectl", *words], input=text, text=True, capture_output=True, check=check).stdout


def make_pod(name, lines, rate=0, kill_at=0, delay=4):
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": ns}, "spec": {
        "terminationGracePeriodSeconds": 0, "shareProcessNamespace": True, "volumes": [{"name": "state", "emptyDir": {}}],
        "containers": [{"name": "writer", "image": args.image, "imagePullPolicy": "IfNotPresent",
                        "command": ["python3", "-c", WRITER, str(lines), str(rate), str(kill_at), str(delay)],
                        "volumeMounts": [{"name": "state", "mountPath": "/state"}]}]}}
    kubectl("apply", "-f", "-", text=json.dumps(pod))
    kubectl("wait", "-n", ns, f"pod/{name}", "--for=condition=Ready", "--timeout=60s")


def remove_pod(name):
    kubectl("delete", "pod", "-n", ns, name, "--wait=false", "--grace-period=0", "--force", check=False)


class Run:
    """A follower whose lines go to a file."""

    def __init__(self, name, command, env=None):
        self.out, self.err = os.path.join(work, name + ".out"), os.path.join(work, name + ".err")
        self.process = subprocess.Popen(command, stdout=open(self.out, "wb"), stderr=open(self.err, "wb"), env=env)
        self.start = time.monotonic()

    def done(self):
        with open(self.out, "rb") as file:
            file.seek(max(0, os.path.getsize(self.out) - 400))
            return b"done" in file.read()

    def finish(self):
        self.process.terminate()
        _, _, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = 0
        self.cpu = usage.ru_utime + usage.ru_stime
        self.rss = usage.ru_maxrss / 1024


def wait_all(runs, seconds):
    end = time.monotonic() + seconds
    for run in runs:
        while not run.done() and time.monotonic() < end and run.process.poll() is None:
            time.sleep(0.1)
        run.took = time.monotonic() - run.start


def sandtop(name, pod, *more, config=None):
    env = dict(os.environ, KUBECONFIG=config) if config else None
    return Run(name, [args.sandtop, "logs", "pod", pod, "-n", ns, "-f", *more], env)


def count(run, lines):
    """Numbers that came, and gaps as they were said (with -o json they stand where the lines are missing)."""
    seen, twice, late, declared, gaps, newest, gap = bytearray(lines), 0, 0, 0, [], -1, False
    number = re.compile(rb"n=(\d{7})")
    with open(run.out, "rb") as file:
        for line in file:
            if b'"type":"gap"' in line:
                gaps.append(json.loads(line)["text"])
                gap = True
                continue
            match = number.search(line)
            if not match:
                continue
            at = int(match[1])
            twice += seen[at]
            seen[at] = 1
            late += at < newest
            if gap and at > newest:
                declared += at - newest - 1
                gap = False
            newest = max(newest, at)
    return {"missing": seen.count(0), "twice": twice, "late": late, "declared": declared, "gaps": gaps}


failed = 0


def report(case, found, more="", lines=args.lines):
    global failed
    good = found["missing"] <= found["declared"] and not found["twice"] and not found["late"]
    failed += not good
    print(f"{'ok' if good else 'not ok'} - {case}: {lines} lines, {found['missing']} missing, of which {found['declared']} in a declared gap; "
          f"{found['twice']} twice, {found['late']} out of order{more}" + "".join(f"\n#   gap: {gap}" for gap in found["gaps"]), flush=True)


def proxy(every):
    server = kubectl("config", "view", "--raw", "--minify", "-o", "jsonpath={.clusters[0].cluster.server}")
    host, port = re.match(r"https://([^:/]+):(\d+)", server).groups()
    config = os.path.join(work, "proxied")
    open(config, "w").write(kubectl("config", "view", "--raw", "--minify", "--flatten"))
    cluster = kubectl("--kubeconfig", config, "config", "view", "-o", "jsonpath={.clusters[0].name}")
    kubectl("--kubeconfig", config, "config", "set-cluster", cluster, "--server", f"https://127.0.0.1:{args.port}", "--tls-server-name", host)
    process = subprocess.Popen([sys.executable, os.path.join(here, "../cluster/proxy.py"), str(args.port), host, port, str(every)])
    time.sleep(0.7)
    return process, config


def curl(name, pod):
    config = json.loads(kubectl("config", "view", "--raw", "--minify", "--flatten", "-o", "json"))
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    for file, data in (("ca", cluster["certificate-authority-data"]), ("cert", user["client-certificate-data"]), ("key", user["client-key-data"])):
        open(os.path.join(work, file), "wb").write(base64.b64decode(data))
    url = f"{cluster['server']}/api/v1/namespaces/{ns}/pods/{pod}/log?follow=true&timestamps=true"
    return Run(name, ["curl", "-sN", "--cacert", work + "/ca", "--cert", work + "/cert", "--key", work + "/key", url])


def fast():
    make_pod("fast", args.lines)
    runs = [sandtop("sandtop", "fast"), Run("kubectl", ["kubectl", "logs", "-f", "--timestamps", "-n", ns, "fast"]), curl("curl", "fast")]
    wait_all(runs, 120)
    for run in runs:
        run.finish()
    found = count(runs[0], args.lines)
    report("fast", found)
    for name, run in zip(("sandtop logs", "kubectl logs -f", "curl"), runs):
        other = count(run, args.lines)
        print(f"#   {name}: {args.lines - other['missing']} lines, {run.cpu * 1e6 / args.lines:.2f} CPU s per million lines, {run.cpu:.2f} s in all, "
              f"{run.rss:.0f} MB resident at most", flush=True)
    # what fits into one file of the node's (10 MiB), once more and all at once: how fast each takes it in
    make_pod("fast-again", 60000, delay=0)
    time.sleep(5)
    for name, command in (("sandtop logs", [args.sandtop, "logs", "pod", "fast-again", "-n", ns]),
                          ("kubectl logs", ["kubectl", "logs", "--timestamps", "-n", ns, "fast-again"])):
        run = Run("again", command)
        _, _, usage = os.wait4(run.process.pid, 0)
        run.process.returncode = 0
        took, cpu = time.monotonic() - run.start, usage.ru_utime + usage.ru_stime
        print(f"#   {name} without -f: {60000 - count(run, 60000)['missing']} lines in {took:.2f} s, {cpu * 1e6 / 60000:.2f} CPU s per million lines", flush=True)
    remove_pod("fast-again")


def cuts():
    process, config = proxy(2)
    try:
        make_pod("cuts", args.lines, rate=args.lines / 20)
        run = sandtop("cuts", "cuts", "-o", "json", config=config)
        wait_all([run], 60)
        run.finish()
        report("cuts every 2 s", count(run, args.lines))
    finally:
        process.kill()


def outage():
    process, config = proxy(0)
    try:
        lines = min(args.lines, 72000)  # at 1,800 a second they fit into one file of the node's: what it rotates away meanwhile nobody can read
        make_pod("outage", lines, rate=lines / 40)
        run = sandtop("outage", "outage", "-o", "json", config=config)
        time.sleep(10)
        process.send_signal(signal.SIGUSR1)
        time.sleep(20)
        process.send_signal(signal.SIGUSR2)
        wait_all([run], 60)
        run.finish()
        report("the API server away for 20 s", count(run, lines), lines=lines)
    finally:
        process.kill()


def kill():
    make_pod("kill", args.lines, rate=args.lines / 10, kill_at=args.lines // 2)
    run = sandtop("kill", "kill", "-o", "json")
    wait_all([run], 60)
    run.finish()
    restarts = [json.loads(line)["text"] for line in open(run.out) if '"type":"restart"' in line]
    report("the container killed in the middle", count(run, args.lines), f"; {restarts}")


def stop():
    make_pod("stop", args.lines, rate=args.lines / (args.stop + 15))
    run = sandtop("stop", "stop", "-o", "json")
    time.sleep(10)
    run.process.send_signal(signal.SIGSTOP)
    time.sleep(args.stop)
    run.process.send_signal(signal.SIGCONT)
    wait_all([run], args.stop + 60)
    run.finish()
    report(f"sandtop stopped for {args.stop:g} s at {args.lines / (args.stop + 15):,.0f} lines/s", count(run, args.lines))


cases = {"fast": fast, "cuts": cuts, "outage": outage, "kill": kill, "stop": stop}
kubectl("wait", "--for=delete", f"namespace/{ns}", "--timeout=60s", check=False)  # of a run before
kubectl("create", "namespace", ns)
try:
    for name in args.cases or cases:
        cases[name]()
        remove_pod(name)
finally:
    kubectl("delete", "namespace", ns, "--wait=false", check=False)
    subprocess.run(["rm", "-rf", work])
sys.exit(failed > 0)
