#!/usr/bin/env bash
# Runs the commands of docs/cluster.md that start three servers of NATS and three hosts, in a temporary folder, and ends
# them.
#
#     bash cluster/tests/setup.sh [HOST]
#
# HOST is the program of the host, built with the feature `cluster`; without it only the servers are started.
set -euo pipefail
if [ $# -gt 0 ]; then host=$(realpath "$1"); fi
cd "$(dirname "$0")/../.."
page=$PWD/docs/cluster.md
folder=$(mktemp -d)
cd "$folder"
end() {
  for file in h?.pid n?.pid; do
    if [ -f "$file" ]; then kill "$(cat "$file")" 2> /dev/null || true; fi
  done
  sleep 1
  cd / && rm -rf "$folder"
}
trap end EXIT

# Runs the commands between two marks of the page.
commands() {
  awk -v begin="<!-- $1 -->" -v end="<!-- $2 -->" 'index($0, begin) { on = 1 } index($0, end) { on = 0 } on' "$page" |
    awk '/^```sh$/ { on = 1; next } /^```$/ { on = 0 } on' > commands.sh
  [ "$(wc -l < commands.sh)" -gt 10 ]
  timeout 180 bash -euo pipefail commands.sh > output.txt || { cat output.txt ./*.log; exit 1; }
  cat output.txt
  echo
}

commands "set-up begins" "set-up ends"
[ "$(grep -c '"sync_always": true' output.txt)" = 3 ]
[ "$(grep -c '"status":"ok"' output.txt)" = 3 ]
echo "three servers were set up as the page says"
if [ -z "${host-}" ]; then exit 0; fi

mkdir programs
ln -s "$host" programs/viewlink-host
export PATH=$folder/programs:$PATH
commands "hosts begin" "hosts end"
[ "$(grep -o '"status":"ok","role":"member"' output.txt | wc -l)" = 4 ]
grep -q '"successCount":1,"failureCount":1' output.txt
# The host that was killed has the change that it missed.
grep -q '"resourceKey":"theme"' output.txt
if grep -q change_me host?.log host?.out; then echo "a password is in a log"; exit 1; fi
echo "three hosts were set up as the page says"
