#!/usr/bin/env bash
# Unlinks from a host through nginx, HAProxy and Caddy, with the configurations of host/proxies.
#
#     bash tests/proxies/run.sh
#
# Needs cargo, python3 and the proxies (packages of Debian: nginx-light, haproxy, caddy); skips a
# proxy that is not installed, with a message.
set -euo pipefail
cd "$(dirname "$0")/../.."
# The directories in which distributions install servers.
PATH=$PATH:/usr/sbin:/sbin

proxies=()
for proxy in nginx haproxy caddy; do
  if command -v "$proxy" > /dev/null; then
    proxies+=("$proxy")
  else
    echo "skipped: $proxy is not installed"
  fi
done
[ ${#proxies[@]} -gt 0 ] || exit 0
. tests/host.sh

# Starts a proxy with its configuration from host/proxies, on unused ports.
start_proxy() {
  local proxy=$1 file=$2 port
  shift 2
  port=$(free_port)
  sed -e "s/127\.0\.0\.1:8080/${url#http://}/" -e "s/127\.0\.0\.1:8081/127.0.0.1:$port/" \
    "host/proxies/$file" > "$scratch/$file"
  HOME=$scratch XDG_DATA_HOME=$scratch XDG_CONFIG_HOME=$scratch "$proxy" "$@" "$scratch/$file" \
    > "$scratch/$proxy.txt" 2>&1 &
  started+=("$!")
  await_port "$port"
  through=http://127.0.0.1:$port
}

start_host proxied
mkdir "$scratch/nginx"
for proxy in "${proxies[@]}"; do
  case $proxy in
    nginx) start_proxy nginx nginx.conf -p "$scratch/nginx" -g "daemon off; user $(id -un);" -c ;;
    haproxy) start_proxy haproxy haproxy.cfg -db -f ;;
    caddy) start_proxy caddy Caddyfile run --adapter caddyfile --config ;;
  esac
  timeout 120 python3 -B tests/proxies/check.py "$proxy" "$through" || {
    tail -n 5 "$scratch/$proxy.txt" "$scratch/proxied.log"
    exit 1
  }
done
