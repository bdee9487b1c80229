"""Servers of NATS, hosts and a proxy on 127.0.0.1, each a process that ends with the test."""

import atexit
import json
import pathlib
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

PASSWORD, SYSTEM_PASSWORD = "hidden-password", "hidden-system-password"


def free_port():
    with socket.socket() as of:
        of.bind(("127.0.0.1", 0))
        return of.getsockname()[1]


def get(url):
    """Status and body of an answer, if there is one."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return None, ""


def wait_until(what, is_so, within=30):
    end = time.monotonic() + within
    while not is_so():
        if time.monotonic() > end:
            raise SystemExit(f"three hosts: {what}: not within {within} s")
        time.sleep(0.05)


class Process:
    def __init__(self, folder, name, command, kind=signal.SIGTERM):
        self.name, self.command, self.kind = name, [str(part) for part in command], kind
        self.folder = pathlib.Path(folder)
        self.child = None
        atexit.register(self.kill)
        self.start()

    def start(self):
        with open(self.folder / f"{self.name}.out", "ab") as out, open(self.folder / f"{self.name}.log", "ab") as log:
            self.child = subprocess.Popen(self.command, stdout=out, stderr=log, stdin=subprocess.DEVNULL)

    def kill(self):
        if self.child.poll() is None:
            self.child.kill()
            self.child.wait()

    def stop(self):
        """Asks it to end, and gives its exit code."""
        self.child.send_signal(self.kind)
        return self.child.wait(timeout=30)


class Nats:
    """Three servers that replicate, and sync each change."""

    def __init__(self, program, folder):
        self.ports, self.monitors, routes = ([free_port() for _ in range(3)] for _ in range(3))
        routed = ", ".join(f"nats://127.0.0.1:{port}" for port in routes)
        self.servers = []
        for at in range(3):
            file = pathlib.Path(folder) / f"nats-{at}.conf"
            file.write_text(f"""server_name: n{at}
listen: 127.0.0.1:{self.ports[at]}
http: 127.0.0.1:{self.monitors[at]}
jetstream {{ store_dir: "{folder}/nats-{at}", sync_interval: always, max_file: 1GB }}
accounts {{
  APP {{ jetstream: enabled, users: [ {{ user: viewlink, password: "{PASSWORD}" }} ] }}
  SYS {{ users: [ {{ user: system, password: "{SYSTEM_PASSWORD}" }} ] }}
}}
system_account: SYS
cluster {{ name: viewlink, listen: 127.0.0.1:{routes[at]}, routes: [{routed}] }}
""")
            self.servers.append(Process(folder, f"nats-{at}", [program, "-c", file]))
        for at in range(3):
            wait_until(f"server {at}", lambda: self.is_healthy(at))

    def is_healthy(self, at):
        return '"ok"' in get(f"http://127.0.0.1:{self.monitors[at]}/healthz")[1]

    def leader(self, stream):
        """Which server leads a stream."""
        told = json.loads(get(f"http://127.0.0.1:{self.monitors[0]}/jsz?accounts=1&streams=1")[1])
        streams = [of for account in told["account_details"] for of in account.get("stream_detail", [])]
        return next(int(of["cluster"]["leader"][1:]) for of in streams if of["name"] == stream)

    def urls(self, user, password):
        return ",".join(f"nats://{user}:{password}@127.0.0.1:{port}" for port in self.ports)


class Host:
    """A host of a copy on a port of its own."""

    def __init__(self, program, folder, name, nats, *options):
        self.folder, self.name = pathlib.Path(folder), name
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        # The password stands in no command line.
        for file, user, password in (("servers", "viewlink", PASSWORD), ("system", "system", SYSTEM_PASSWORD)):
            (self.folder / file).write_text(nats.urls(user, password).replace(",", "\n") + "\n")
        self.program = program
        self.db = self.folder / f"{name}.viewlink"
        self.process = Process(folder, name, [
            program, "--db", self.db, "--listen", f"127.0.0.1:{self.port}", "--keys", self.folder / "keys",
            "--cluster", f"@{self.folder}/servers", "--system", f"@{self.folder}/system", *options,
        ])
        self.wait()

    def wait(self):
        wait_until(f"host {self.name}", lambda: get(f"{self.url}/healthz")[0] == 200, within=60)

    def verify(self):
        """Checks its store, which must be clean."""
        checked = subprocess.run([self.program, "--db", self.db / "store", "--verify"], capture_output=True, text=True)
        if checked.returncode != 0:
            raise SystemExit(f"three hosts: the store of {self.name}: {checked.stdout}{checked.stderr}")
        print(f"{self.name}: {checked.stdout.strip()}")


def proxy(folder, hosts):
    """Starts HAProxy in front of hosts with its configuration; gives its URL."""
    file = pathlib.Path(folder) / "haproxy-hosts.cfg"
    port = free_port()
    text = pathlib.Path("host/proxies/haproxy-hosts.cfg").read_text().replace("127.0.0.1:8079", f"127.0.0.1:{port}")
    for number, host in enumerate(hosts):
        text = text.replace(f"127.0.0.1:{8080 + number}", f"127.0.0.1:{host.port}")
    file.write_text(text)
    Process(folder, "haproxy", ["haproxy", "-db", "-f", file])
    url = f"http://127.0.0.1:{port}"
    wait_until("the proxy", lambda: get(f"{url}/healthz")[0] == 200)
    return url
