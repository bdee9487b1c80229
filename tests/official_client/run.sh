#!/usr/bin/env bash
# Drives the example host with the official Python client, in several versions.
#
#     bash tests/official_client/run.sh [DIR]
#
# Needs cargo, and python3 with pip and a network to install from. DIR keeps the virtual
# environments for the next run; without it they are made anew and removed.
set -euo pipefail
cd "$(dirname "$0")/../.."

versions=(22.0.0 24.0.0 25.0.1)
scratch=$(mktemp -d)
environments=${1:-$scratch/environments}
mkdir -p "$environments"
host=
cleanup() {
  if [ -n "$host" ]; then kill -KILL "$host" 2> /dev/null || true; fi
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
"$program" --db "$scratch/views.viewlink" --listen 127.0.0.1:0 --keys "$scratch/keys" \
  --account-id acme > "$scratch/out" 2> "$scratch/log" &
host=$!

url=
for _ in $(seq 100); do
  url=$(sed -n 's/^listening on //p' "$scratch/out")
  [ -n "$url" ] && break
  kill -0 "$host" 2> /dev/null || { cat "$scratch/log"; exit 1; }
  sleep 0.1
done
[ -n "$url" ] || { echo "the host did not say where it listens"; exit 1; }

for version in "${versions[@]}"; do
  timeout 300 "$environments/$version/bin/python" -B tests/official_client/drive.py "$url" "$version" || {
    echo "the end of the host's log:"
    tail -n 5 "$scratch/log"
    exit 1
  }
done

kill -TERM "$host"
status=0
wait "$host" || status=$?
host=
[ "$status" = 0 ] || { echo "the host ended with status $status"; tail -n 5 "$scratch/log"; exit 1; }
if grep -q -e the-writer-key -e the-reader-key "$scratch/log" "$scratch/out"; then
  echo "a key stands in what the host wrote"
  exit 1
fi
"$program" --db "$scratch/views.viewlink" --verify
