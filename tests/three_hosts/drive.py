"""Three hosts that share a log must look like one: drive.py PROGRAM FOLDER VERSION.

PROGRAM is the host, built with the feature `cluster`; FOLDER has the files `keys`, `resources.jsonl` and
`members.jsonl`, and gets the rest.
"""

import json
import os
import pathlib
import random
import subprocess
import sys
import threading
import time

from launchdarkly_api.exceptions import ApiException
from launchdarkly_api.models.view_post import ViewPost
from urllib3.exceptions import HTTPError

from api import Api, by_keys, counts
from checks import Checks
from positions import Positions
from processes import PASSWORD, SYSTEM_PASSWORD, Host, Nats, get, proxy, wait_until

PROJECT, VIEW = "three", "my-view"


class Client:
    """An official client of one view that knows what is linked to it, and holds each report against that."""

    def __init__(self, url, version, view, checks):
        self.positions, self.view, self.checks = Positions(), view, checks
        self.api = Api(url, PROJECT, version, self.positions)
        self.linked, self.random, self.unknown = set(), random.Random(view), 0
        self.api.writer.create_view(PROJECT, ViewPost(key=view, name=view))

    def step(self):
        """One change of some flags, by keys that may fail, and a read."""
        keys = self.random.sample([f"flag-{number}" for number in range(20)], 4)
        is_link = self.random.random() < 0.5
        expected = (4, 0) if is_link else (len(self.linked & set(keys)), len(set(keys) - self.linked))
        report = self.try_to(lambda: self.change(is_link, keys))
        if report is None:
            self.settle()
            return
        self.checks.equal(f"the report of {'a link' if is_link else 'an unlink'}", counts(report), expected)
        failed = {of.resource_key for of in report.failed_resources or []}
        self.checks.equal("the keys that failed", failed, set() if is_link else set(keys) - self.linked)
        self.linked = self.linked | set(keys) if is_link else self.linked - set(keys)
        shown = self.try_to(self.read)
        if shown is not None:
            self.checks.equal("a read after a change", shown, self.linked)

    def change(self, is_link, keys):
        act = self.api.writer.link_resource if is_link else self.api.writer.unlink_resource
        return act(PROJECT, self.view, "flags", by_keys(keys))

    def read(self):
        return set(self.api.linked(self.view, "flags", limit=100)[0])

    def try_to(self, call):
        """The result of a call, or nothing if a host or the log failed under it."""
        try:
            return call()
        except ApiException as error:
            if error.status in (502, 503, 504):
                return None
            if error.status == 500 and json.loads(error.body)["code"] == "outcome_unknown":
                return None
            raise
        except HTTPError:  # the connection was cut
            return None

    def settle(self):
        """Finds out whether a change without an answer was made: it is made before any later one, or never."""
        self.unknown += 1
        end = time.monotonic() + 60
        while self.try_to(lambda: self.change(True, ["marker"])) is None:
            if time.monotonic() > end:
                raise SystemExit("three hosts: no change is made any more")
            time.sleep(0.1)
        while self.try_to(lambda: self.change(False, ["marker"])) is None:
            time.sleep(0.1)
        while (shown := self.try_to(self.read)) is None:
            time.sleep(0.1)
        self.linked = shown


def work(clients, seconds, meanwhile=lambda: None):
    """All clients at the same time, and something in the middle."""
    end, failed, steps = time.monotonic() + seconds, [], []

    def run(client):
        try:
            number = 0
            while time.monotonic() < end:
                client.step()
                number += 1
            steps.append(number)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=run, args=(client,)) for client in clients]
    [thread.start() for thread in threads]
    time.sleep(seconds / 4)
    meanwhile()
    [thread.join() for thread in threads]
    if failed:
        raise failed[0]
    return sum(steps)


def reads_everywhere(hosts, version, client, checks):
    """A change through one host is read on each of the others at once, given its position."""
    for at, host in enumerate(hosts * 3):
        api = Api(host.url, PROJECT, version, client.positions)
        key = f"one-of-{at}"
        checks.equal("link through a host", counts(api.writer.link_resource(PROJECT, VIEW, "flags", by_keys([key]))), (1, 0))
        for other in hosts:
            reader = Api(other.url, PROJECT, version, client.positions)
            checks.equal("read it on each host", key in reader.linked(VIEW, "flags", limit=100)[0], True)
        report = api.writer.unlink_resource(PROJECT, VIEW, "flags", by_keys([key, "no-such-flag"]))
        checks.equal("unlink with a failure", counts(report), (1, 1))


def position(host):
    return json.loads(get(f"{host.url}/healthz")[1])["position"]


def figure(host, name):
    lines = get(f"{host.url}/metrics")[1].splitlines()
    return next((float(line.split()[1]) for line in lines if line.startswith(f"{name} ")), 0)


def feed(host, version):
    """All changes of a host."""
    api, after, items = Api(host.url, PROJECT, version), 0, []
    while True:
        page = api.request("GET", f"/api/v2/changes?after={after}&limit=1000")[2]
        if not page["items"]:
            return items
        items, after = items + page["items"], page["position"]


def main():
    program, folder, version = sys.argv[1:]
    nats = Nats(os.environ["VIEWLINK_NATS_SERVER"], folder)
    files = ["--account-id", "acme", "--resources", f"{folder}/resources.jsonl", "--members", f"{folder}/members.jsonl"]
    files += ["--snapshot-every", "2"]
    hosts = [Host(program, folder, name, nats, *files) for name in ("one", "two", "three")]
    url, checks = proxy(folder, hosts), Checks("three hosts with one proxy")

    # All that the official client does with one host, here with another host for each request.
    drive = [sys.executable, "-B", "tests/official_client/drive.py", url, "-", version]
    if subprocess.run(drive).returncode != 0:
        raise SystemExit("three hosts: they do not look like one")

    client = Client(url, version, VIEW, checks)
    reads_everywhere(hosts, version, client, checks)
    clients = [client] + [Client(url, version, f"view-{number}", checks) for number in range(2)]
    print(f"steps with all hosts: {work(clients, 4)}")
    before = client.unknown
    checks.equal("nothing is unknown while nothing fails", before, 0)

    print(f"steps while a host is killed: {work(clients, 6, hosts[1].process.kill)}")
    work(clients, 2)
    hosts[1].process.start()
    hosts[1].wait()
    leader = nats.leader("viewlink")
    print(f"steps while the leader of the log is killed: {work(clients, 12, nats.servers[leader].kill)}")
    nats.servers[leader].start()
    wait_until("the server", lambda: nats.is_healthy(leader), within=60)
    work(clients, 2)

    # A new host begins from a snapshot: the log no longer has the first changes.
    wait_until("snapshots", lambda: sum(figure(host, "viewlink_cluster_snapshots_total") for host in hosts) >= 3)
    hosts.append(Host(program, folder, "four", nats))
    last = clients[0].positions.last
    status, _, _ = Api(hosts[3].url, PROJECT, version).request("GET", f"/api/v2/projects?atLeast={last}")
    checks.equal("a new host has all changes", status, 200)
    wait_until("the same position", lambda: len({position(host) for host in hosts}) == 1)
    feeds = [feed(host, version) for host in hosts[:3]]
    checks.equal("the same feed on all hosts", feeds[0] == feeds[1] == feeds[2], True)
    print(f"changes: {len(feeds[0])}; requests of unknown outcome: {sum(client.unknown for client in clients)}")
    for host in hosts:
        checks.equal(f"the end of host {host.name}", host.process.stop(), 0)
        host.verify()
    secrets = [PASSWORD, SYSTEM_PASSWORD, "the-writer-key", "the-reader-key"]
    for file in [*pathlib.Path(folder).glob("*.log"), *pathlib.Path(folder).glob("*.out")]:
        found = [secret for secret in secrets if secret in file.read_text(errors="replace")]
        checks.equal(f"no secret in {file.name}", found, [])
    checks.finish()


main()
