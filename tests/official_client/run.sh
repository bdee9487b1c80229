#!/usr/bin/env bash
# Drives the host, once open and once closed, with the official Python client, in several
# versions.
#
#     bash tests/official_client/run.sh [DIR]
#
# Needs cargo, and python3 with pip and a network to install from. DIR keeps the virtual
# environments for the next run; without it they are created and removed.
set -euo pipefail
cd "$(dirname "$0")/../.."

versions=(18.0.0 21.0.0 22.0.0 24.0.0 25.0.1)
. tests/host.sh
environments=${1:-$scratch/environments}
. tests/official_client/prepare.sh

both=(--account-id acme --resources "$scratch/resources.jsonl" --members "$scratch/members.jsonl")
start_host open "${both[@]}"
open=$url
start_host closed "${both[@]}" --closed
closed=$url

for version in "${versions[@]}"; do
  timeout 300 "$environments/$version/bin/python" -B tests/official_client/drive.py \
    "$open" "$closed" "$version" || {
    echo "the ends of the hosts' logs:"
    tail -n 5 "$scratch"/*.log
    exit 1
  }
done

stop_all
for name in open closed; do
  "$program" --db "$scratch/$name.viewlink" --verify
done
