# Shared by scripts that start hosts: source it from the top directory of the repository. Builds the host, and stops
# all started processes when the script ends. `features` may name features of the host.

scratch=$(mktemp -d)
started=()
cleanup() {
  # First SIGTERM, so that nginx also ends its workers.
  for process in "${started[@]}"; do kill -TERM "$process" 2> /dev/null || true; done
  sleep 0.5
  for process in "${started[@]}"; do { kill -KILL "$process" && wait "$process"; } 2> /dev/null || true; done
  rm -rf "$scratch"
}
trap cleanup EXIT

cargo build --release --locked --quiet -p viewlink-host ${features:+--features "$features"}
program=${CARGO_TARGET_DIR:-target}/release/viewlink-host
printf '# for the clients\nthe-writer-key writer\nthe-reader-key reader\n' > "$scratch/keys"

# Starts a host with this name and its own store; sets url.
start_host() {
  local name=$1
  shift
  # The host may open the file later than the loop reads it.
  : > "$scratch/$name.out"
  "$program" --db "$scratch/$name.viewlink" --listen 127.0.0.1:0 --keys "$scratch/keys" "$@" \
    > "$scratch/$name.out" 2> "$scratch/$name.log" &
  local host=$!
  started+=("$host")
  for _ in $(seq 100); do
    url=$(sed -n 's/^listening on //p' "$scratch/$name.out")
    [ -z "$url" ] || return 0
    kill -0 "$host" 2> /dev/null || { cat "$scratch/$name.log"; exit 1; }
    sleep 0.1
  done
  echo "the $name host did not print its address"
  exit 1
}

# A port of 127.0.0.1 that is unused now.
free_port() {
  python3 -c 'import socket; of = socket.socket(); of.bind(("127.0.0.1", 0)); print(of.getsockname()[1])'
}

# Waits until something listens on a port of 127.0.0.1.
await_port() {
  for _ in $(seq 100); do
    if (exec 3<> "/dev/tcp/127.0.0.1/$1") 2> /dev/null; then return 0; fi
    sleep 0.1
  done
  echo "nothing listens on port $1"
  exit 1
}

# Stops all started processes; each must exit with 0.
stop_all() {
  for process in "${started[@]}"; do
    kill -TERM "$process"
    local status=0
    wait "$process" || status=$?
    [ "$status" = 0 ] || { echo "a process ended with status $status"; tail -n 5 "$scratch"/*.log; exit 1; }
  done
  started=()
  if grep -q -e the-writer-key -e the-reader-key "$scratch"/*.log "$scratch"/*.out; then
    echo "a host printed a key"
    exit 1
  fi
}
