#!/usr/bin/env bash
# Drives the host with a client that openapi-client-axios makes from host/openapi.json.
#
#     bash tests/generated_client/run.sh
#
# Needs cargo, node and npm with a network to install from; says so where there is no npm.
set -euo pipefail
cd "$(dirname "$0")/../.."

if ! command -v npm > /dev/null; then
  echo "left out: npm is not installed, so no client is made from the description"
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
