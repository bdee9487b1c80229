# Starts PostgreSQL 15 of Debian from packages unpacked in "$scratch", on a socket in "$scratch", without a port. Its
# settings are the arguments. Stops it, and deletes "$scratch", when the script ends.
start_postgres() {
  (cd "$scratch" && apt-get download -qq postgresql-15 postgresql-client-15 2> "$scratch/apt.log") || {
    apt-get update -qq && (cd "$scratch" && apt-get download -qq postgresql-15 postgresql-client-15 2> "$scratch/apt.log")
  }
  local package
  for package in "$scratch"/*.deb; do dpkg -x "$package" "$scratch/unpacked"; done
  bin=$scratch/unpacked/usr/lib/postgresql/15/bin
  # PostgreSQL does not run as root.
  as=()
  if [ "$(id -u)" = 0 ]; then
    chown -R 65534:65534 "$scratch"
    chmod 755 "$scratch"
    as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
  fi
  "${as[@]}" "$bin/initdb" -D "$scratch/data" -U me -A trust > "$scratch/initdb.log"
  local setting arguments=(-c listen_addresses= -c "unix_socket_directories=$scratch")
  for setting in "$@"; do arguments+=(-c "$setting"); done
  "${as[@]}" "$bin/postgres" -D "$scratch/data" "${arguments[@]}" > "$scratch/log" 2>&1 &
  trap stop_postgres EXIT
  export PGHOST=$scratch PGUSER=me PGDATABASE=postgres
  for _ in $(seq 100); do
    if "$bin/pg_isready" -q; then break; fi
    sleep 0.2
  done
  "$bin/postgres" --version
}

stop_postgres() {
  if [ -f "$scratch/data/postmaster.pid" ]; then kill -INT "$(head -n 1 "$scratch/data/postmaster.pid")"; fi
  wait
  rm -rf "$scratch"
}
