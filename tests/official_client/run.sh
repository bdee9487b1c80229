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
mkdir -p "$environments"

make_environment() {
  if python3 -m venv --clear "$1" > /dev/null 2>&1; then return; fi
  # Some distributions have a part of venv in a separate package.
  if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
    timeout 300 apt-get update -qq && timeout 300 apt-get install -qq -y python3-venv > /dev/null
    python3 -m venv --clear "$1"
  else
    timeout 300 python3 -m pip install --quiet --user virtualenv
    python3 -m virtualenv --quiet --clear "$1"
  fi
}

for version in "${versions[@]}"; do
  environment=$environments/$version
  [ -f "$environment/complete" ] && continue
  make_environment "$environment"
  timeout 600 "$environment/bin/pip" install --quiet --disable-pip-version-check \
    "launchdarkly-api==$version"
  touch "$environment/complete"
done

resources() {
  cat << END
{"projectKey": "$1", "kind": "flag", "key": "checkout", "name": "Zebra crossing", "tags": ["payments", "web"]}
{"projectKey": "$1", "kind": "flag", "key": "refund", "name": "Apple", "tags": ["payments"]}
{"projectKey": "$1", "kind": "flag", "key": "search", "name": "Search", "tags": ["web"], "archived": true}
{"projectKey": "$1", "kind": "flag", "key": "theme", "name": "dark mode", "status": "active"}
{"projectKey": "$1", "kind": "segment", "environmentId": "env-1", "key": "beta", "_id": "61f3b0c2", "name": "Beta", "tags": ["internal"]}
{"projectKey": "$1", "kind": "segment", "environmentId": "env-1", "key": "crew", "_id": "61f3b0c3", "name": "Crew", "tags": ["staff"], "external": "amplitude"}
{"projectKey": "$1", "kind": "segment", "environmentId": "env-2", "key": "beta", "_id": "61f3b0c4", "name": "Beta", "tags": ["internal"]}
END
}

for version in "${versions[@]}"; do
  resources "registry-${version//./-}"
done > "$scratch/resources.jsonl"

cat > "$scratch/members.jsonl" << END
{"_id": "member-1", "email": "ada@example.com", "role": "writer"}
END

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
