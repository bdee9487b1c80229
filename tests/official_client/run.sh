#!/usr/bin/env bash
# Drives the host, once open and once closed, with the official Python client, in several
# versions.
#
#     bash tests/official_client/run.sh [DIR]
#
# Needs cargo, and python3 with pip and a network to install from. DIR keeps the virtual
# environments for the next run; without it they are made anew and removed.
set -euo pipefail
cd "$(dirname "$0")/../.."

versions=(18.0.0 21.0.0 22.0.0 24.0.0 25.0.1)
scratch=$(mktemp -d)
environments=${1:-$scratch/environments}
mkdir -p "$environments"
hosts=()
cleanup() {
  for host in "${hosts[@]}"; do kill -KILL "$host" 2> /dev/null || true; done
  rm -rf "$scratch"
}
trap cleanup EXIT

make_environment() {
  if python3 -m venv --clear "$1" > /dev/null 2>&1; then return; fi
  # Some distributions keep a part of venv in a package of its own.
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

cargo build --release --locked --quiet -p viewlink-host
program=${CARGO_TARGET_DIR:-target}/release/viewlink-host
printf '# for the clients\nthe-writer-key writer\nthe-reader-key reader\n' > "$scratch/keys"

resources() {
  cat << END
{"projectKey": "$1", "kind": "flag", "key": "checkout", "name": "Zebra crossing", "tags": ["payments", "web"]}
{"projectKey": "$1", "kind": "flag", "key": "refund", "name": "Apple", "tags": ["payments"]}
{"projectKey": "$1", "kind": "flag", "key": "search", "name": "Search", "tags": ["web"], "archived": true}
{"projectKey": "$1", "kind": "flag", "key": "theme", "name": "dark mode"}
{"projectKey": "$1", "kind": "segment", "environmentId": "env-1", "key": "beta", "_id": "61f3b0c2", "name": "Beta", "tags": ["internal"]}
{"projectKey": "$1", "kind": "segment", "environmentId": "env-1", "key": "crew", "_id": "61f3b0c3", "name": "Crew", "tags": ["staff"]}
{"projectKey": "$1", "kind": "segment", "environmentId": "env-2", "key": "beta", "_id": "61f3b0c4", "name": "Beta", "tags": ["internal"]}
END
}

for version in "${versions[@]}"; do
  resources "registry-${version//./-}"
done > "$scratch/resources.jsonl"

cat > "$scratch/members.jsonl" << END
{"_id": "member-1", "email": "ada@example.com", "role": "writer"}
END

# Starts a host of this name on a store of its own; sets url.
start() {
  local name=$1
  shift
  # The host may be slower to open it than the loop is to read it.
  : > "$scratch/$name.out"
  "$program" --db "$scratch/$name.viewlink" --listen 127.0.0.1:0 --keys "$scratch/keys" \
    --account-id acme --resources "$scratch/resources.jsonl" --members "$scratch/members.jsonl" "$@" \
    > "$scratch/$name.out" 2> "$scratch/$name.log" &
  local host=$!
  hosts+=("$host")
  for _ in $(seq 100); do
    url=$(sed -n 's/^listening on //p' "$scratch/$name.out")
    [ -z "$url" ] || return 0
    kill -0 "$host" 2> /dev/null || { cat "$scratch/$name.log"; exit 1; }
    sleep 0.1
  done
  echo "the $name host did not say where it listens"
  exit 1
}

start open
open=$url
start closed --closed
closed=$url

for version in "${versions[@]}"; do
  timeout 300 "$environments/$version/bin/python" -B tests/official_client/drive.py \
    "$open" "$closed" "$version" || {
    echo "the ends of the hosts' logs:"
    tail -n 5 "$scratch"/*.log
    exit 1
  }
done

for host in "${hosts[@]}"; do
  kill -TERM "$host"
  status=0
  wait "$host" || status=$?
  [ "$status" = 0 ] || { echo "a host ended with status $status"; tail -n 5 "$scratch"/*.log; exit 1; }
done
hosts=()
if grep -q -e the-writer-key -e the-reader-key "$scratch"/*.log "$scratch"/*.out; then
  echo "a key stands in what a host wrote"
  exit 1
fi
for name in open closed; do
  "$program" --db "$scratch/$name.viewlink" --verify
done
