#!/usr/bin/env bash
# Runs the commands of docs/cluster.md that set up three servers of NATS, in a folder of their own, and ends the servers.
set -euo pipefail
cd "$(dirname "$0")/../.."
page=$PWD/docs/cluster.md
folder=$(mktemp -d)
cd "$folder"
end() {
  for file in n?.pid; do
    if [ -f "$file" ]; then kill "$(cat "$file")" 2> /dev/null || true; fi
  done
  cd / && rm -rf "$folder"
}
trap end EXIT
# The commands between the two marks of the page.
awk '/<!-- set-up begins -->/ { on = 1 } /<!-- set-up ends -->/ { on = 0 } on' "$page" |
  awk '/^```sh$/ { on = 1; next } /^```$/ { on = 0 } on' > commands.sh
[ "$(wc -l < commands.sh)" -gt 10 ]
timeout 180 bash -euo pipefail commands.sh > output.txt
cat output.txt
[ "$(grep -c '"sync_always": true' output.txt)" = 3 ]
[ "$(grep -c '"status":"ok"' output.txt)" = 3 ]
echo "three servers were set up as the page says"
