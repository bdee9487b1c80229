#!/usr/bin/env bash
# Drives the host with a client that openapi-client-axios makes from host/openapi.json.
#
#     bash tests/generated_client/run.sh
#
# Needs cargo, node and npm with a network to install from; skips the test with a message if npm is missing.
set -euo pipefail
cd "$(dirname "$0")/../.."

if ! command -v npm > /dev/null; then
  echo "skipped: npm is not installed"
  exit 0
fi
. tests/host.sh

cp tests/generated_client/{package.json,drive.js} "$scratch"
(cd "$scratch" && timeout 300 npm install --silent --no-audit --no-fund --ignore-scripts)
start_host described
timeout 120 node "$scratch/drive.js" host/openapi.json "$url" || {
  tail -n 5 "$scratch/described.log"
  exit 1
}
stop_all
"$program" --db "$scratch/described.viewlink" --verify
