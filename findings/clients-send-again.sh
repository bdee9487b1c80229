#!/usr/bin/env bash
# guess: If the connection ends after a request and before its answer, clients follow RFC 9110, 9.2.2. Libraries may
# send a DELETE a second time if the connection had been used before, but never a PATCH or POST, and nothing on a new
# connection. If the client's own timeout ends while the server works, nothing is sent again: the call fails after that
# time. Command-line tools send again only if asked to (--retry, --tries). Doubts: curl on a used connection; wget.
#
# result: how often one call arrives on a new connection, on a used one, and when the client stops waiting after a
# second:
#
#                                                   DELETE       PATCH, POST
#   launchdarkly-api 25.0.1 (urllib3 2.5.0)         4, 4, 4      1, 1, 1 (has no PATCH of links)
#   aiohttp 3.13.2                                  2, 2, 1      1, 1, 1
#   Ruby 3.1.2, Net::HTTP                           2, 2, 2      1, 1, 1
#   Perl 5.36, HTTP::Tiny 0.080                     2, 2, 1      1, 1, 1
#   curl 7.88.1                                     1, 2, 1      1, 2, 1
#   wget 1.21.3                                     5, 5, 5      5, 5, 5 (until the fifth is answered)
#   requests 2.32.5, Node.js 20 (fetch)             1, 1, 1      1, 1, 1
#
# A DELETE of wget that is never answered arrives 20 times. A new connection makes a difference only for curl, and the
# time limit applies to each try: the official client with a limit of a second fails after four. It sends once with
# `Configuration(retries=False)`.
#
# affected: callers that unlink with a client that sends again. If the first request was carried out, the second one
# finds no link, and the only answer of the call is "not linked".
#
# Exits with an error if the behaviour changes. Needs python3 with pip, perl, node, curl, wget and dpkg with apt-get.
set -euo pipefail
scratch=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$scratch"' EXIT
cd "$scratch"
export PYTHONDONTWRITEBYTECODE=1 NO_PROXY=127.0.0.1 no_proxy=127.0.0.1
pip install --quiet --disable-pip-version-check --root-user-action ignore --target pip \
  launchdarkly-api==25.0.1 urllib3==2.5.0 aiohttp==3.13.2 requests==2.32.5 > pip.log 2>&1 || { cat pip.log; exit 1; }
packages=(ruby3.1 libruby3.1 libyaml-0-2)
apt-get download -qq "${packages[@]}" 2> apt.log || { apt-get update -qq && apt-get download -qq "${packages[@]}" 2> apt.log; }
for package in *.deb; do dpkg-deb -x "$package" apt; done
libraries=$(dirname apt/usr/lib/*/ruby)
ruby() { LD_LIBRARY_PATH=$libraries RUBYLIB=apt/usr/lib/ruby/3.1.0:$libraries/ruby/3.1.0 apt/usr/bin/ruby3.1 --disable-gems "$@"; }

cat > server.py <<'PY'
"""Reads whole requests and ends their connection, or does not answer; counts how often each arrives."""
import json
import re
import socketserver
import sys
import threading
import time

# A repeated request is answered in the end, so that clients with many tries finish.
MOST = 4
arrived = {}
lock = threading.Lock()


class Connection(socketserver.StreamRequestHandler):
    def handle(self):
        while (line := self.rfile.readline()).strip():
            length = 0
            while header := self.rfile.readline().strip().lower():
                if header.startswith(b"content-length:"):
                    length = int(header.split(b":")[1])
            self.rfile.read(length)
            method, path, _ = line.decode().split()
            call = re.fullmatch(r"/api/v2/projects/(.+)/views/(.+)/link/flags", path)
            if not call:
                self.answer(arrived)
                continue
            name = f"{call[1]} {call[2]} {method}"
            with lock:
                arrived[name] = arrived.get(name, 0) + 1
                last = arrived[name] > MOST
            if last:
                self.answer({"successCount": 1, "failureCount": 0, "failedResources": []})
                continue
            if call[2] == "silent":
                time.sleep(4)
            return

    def answer(self, value):
        body = json.dumps(value)
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self.wfile.write((head + body).encode())


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


with Server(("127.0.0.1", 0), Connection) as server:
    print(server.server_address[1], flush=True)
    server.serve_forever()
PY

cat > call.py <<'PY'
import asyncio
import sys

import aiohttp
import launchdarkly_api
import requests
from launchdarkly_api.models.view_link_request import ViewLinkRequest
from launchdarkly_api.models.view_link_request_keys import ViewLinkRequestKeys

BASE = sys.argv[1]
JSON = {"keys": ["one"]}


def url(client, state):
    return f"{BASE}/api/v2/projects/{client}/views/{state}/link/flags"


def official(state, method, name="official", **settings):
    client = launchdarkly_api.ApiClient(launchdarkly_api.Configuration(host=BASE, **settings))
    if state == "used":
        client.rest_client.pool_manager.request("GET", BASE + "/")
    views = launchdarkly_api.ViewsApi(client)
    call = {"DELETE": views.unlink_resource, "POST": views.link_resource}.get(method)
    if call:
        call(name, state, "flags", ViewLinkRequest(ViewLinkRequestKeys(keys=["one"], comment="")), _request_timeout=1)


def official_once(state, method):
    official(state, method, "official-once", retries=False)


def with_requests(state, method):
    with requests.Session() as session:
        if state == "used":
            session.get(BASE + "/")
        session.request(method, url("requests", state), json=JSON, timeout=1)


def with_aiohttp(state, method):
    async def call():
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=1)) as session:
            if state == "used":
                async with session.get(BASE + "/") as answer:
                    await answer.read()
            await session.request(method, url("aiohttp", state), json=JSON)

    asyncio.run(call())


for call in official, official_once, with_requests, with_aiohttp:
    for state in "new", "used", "silent":
        for method in "DELETE", "PATCH", "POST":
            try:
                call(state, method)
            except Exception as error:
                print(f"{call.__name__} {state} {method}: {type(error).__name__}")
PY

cat > call.rb <<'RB'
require "net/http"

port = ARGV[0][/\d+$/].to_i
%w[new used silent].product(%w[Delete Patch Post]).each do |state, method|
  Net::HTTP.start("127.0.0.1", port, read_timeout: 1) do |http|
    http.get("/") if state == "used"
    request = Net::HTTP.const_get(method).new("/api/v2/projects/ruby/views/#{state}/link/flags", "Content-Type" => "application/json")
    request.body = '{"keys": ["one"]}'
    http.request(request)
  rescue StandardError => error
    puts "ruby #{state} #{method}: #{error.class}"
  end
end
RB

cat > call.pl <<'PL'
use strict;
use HTTP::Tiny;

for my $state (qw(new used silent)) {
    for my $method (qw(DELETE PATCH POST)) {
        my $http = HTTP::Tiny->new(timeout => 1);
        $http->get("$ARGV[0]/") if $state eq "used";
        my $url = "$ARGV[0]/api/v2/projects/perl/views/$state/link/flags";
        my %request = (headers => {"Content-Type" => "application/json"}, content => '{"keys": ["one"]}');
        my $answer = $http->request($method, $url, \%request);
        print "perl $state $method: $answer->{status}\n";
    }
}
PL

cat > call.mjs <<'JS'
const base = process.argv[2];
for (const state of ["new", "used", "silent"]) {
  for (const method of ["DELETE", "PATCH", "POST"]) {
    if (state === "used") await (await fetch(`${base}/`)).text();
    const headers = { "Content-Type": "application/json" };
    const request = { method, headers, body: '{"keys": ["one"]}', signal: AbortSignal.timeout(1000) };
    await fetch(`${base}/api/v2/projects/node/views/${state}/link/flags`, request).catch((error) => {
      console.log(`node ${state} ${method}: ${error.cause?.code ?? error.name}`);
    });
  }
}
JS

json="Content-Type: application/json"
body='{"keys": ["one"]}'
call_curl() {
  local url=$1/api/v2/projects/curl/views state method
  for method in DELETE PATCH POST; do
    for state in new silent; do
      curl -s --max-time 1 -X "$method" -H "$json" -d "$body" "$url/$state/link/flags" || echo "curl $state $method: exit $?"
    done
    curl -s -o warm "$1/" --next -s -X "$method" -H "$json" -d "$body" "$url/used/link/flags" || echo "curl used $method: exit $?"
  done
}
# At once, since wget waits longer before each try.
call_wget() {
  local state method tries=()
  for state in new used silent; do
    for method in DELETE PATCH POST; do
      urls=("$1/api/v2/projects/wget/views/$state/link/flags")
      [ "$state" != used ] || urls=("$1/" "${urls[@]}")
      timeout 100 wget -q -O /dev/null --timeout 1 --method "$method" --header "$json" --body-data "$body" "${urls[@]}" &
      tries+=($!)
    done
  done
  wait "${tries[@]}"
}

curl --version | head -n 1
wget --version | head -n 1
ruby --version
perl -MHTTP::Tiny -e 'print "perl $^V, HTTP::Tiny $HTTP::Tiny::VERSION\n"'
echo "node $(node --version)"
python3 server.py > port &
server=$!
for _ in $(seq 50); do [ -s port ] || sleep 0.1; done
base=http://127.0.0.1:$(cat port)
PYTHONPATH=pip timeout 200 python3 call.py "$base" &
calls=($!)
ruby call.rb "$base" &
calls+=($!)
perl call.pl "$base" &
calls+=($!)
node call.mjs "$base" &
calls+=($!)
call_curl "$base"
call_wget "$base"
wait "${calls[@]}"
curl -s "$base/" > arrived.json

cat > compare.py <<'PY'
import json

# DELETE, PATCH, POST, each on a new connection, on a used one, and when the client's timeout ends.
EXPECTED = {
    "official": [4, 4, 4, 0, 0, 0, 1, 1, 1],
    "official-once": [1, 1, 1, 0, 0, 0, 1, 1, 1],
    "aiohttp": [2, 2, 1, 1, 1, 1, 1, 1, 1],
    "ruby": [2, 2, 2, 1, 1, 1, 1, 1, 1],
    "perl": [2, 2, 1, 1, 1, 1, 1, 1, 1],
    "curl": [1, 2, 1, 1, 2, 1, 1, 2, 1],
    "wget": [5] * 9,
    "requests": [1] * 9,
    "node": [1] * 9,
}
arrived = json.load(open("arrived.json"))
for client, expected in EXPECTED.items():
    calls = [f"{client} {state} {method}" for method in ("DELETE", "PATCH", "POST") for state in ("new", "used", "silent")]
    counts = [arrived.get(call, 0) for call in calls]
    print(f"{client:14} DELETE {counts[:3]}, PATCH {counts[3:6]}, POST {counts[6:]}")
    assert counts == expected, f"{client}: {expected}"
PY
python3 compare.py
echo "as described"
