#!/usr/bin/env bash
# A page of another origin unlinks from a host, in headless Chromium.
#
#     bash tests/browser/run.sh
#
# Needs cargo, python3 and Chromium (the package `chromium` of Debian); skips the test with a message if it is not installed.
set -euo pipefail
cd "$(dirname "$0")/../.."

browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
if [ -z "$browser" ]; then
  echo "skipped: Chromium is not installed"
  exit 0
fi
. tests/host.sh

serve_page() {
  python3 -m http.server --bind 127.0.0.1 --directory tests/browser "$1" > /dev/null 2>&1 &
  started+=($!)
  await_port "$1"
}

# The result that the page from this port reports.
result() {
  timeout 120 "$browser" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage \
    --user-data-dir="$scratch/profile" --virtual-time-budget=20000 \
    --dump-dom "http://127.0.0.1:$1/page.html#$url,the-writer-key" 2> "$scratch/browser.txt" |
    sed -n 's/.*>result: \(.*\)<\/pre>.*/\1/p'
}

expect() {
  if [ "$2" != "$3" ]; then
    echo "$1: expected '$3', got '$2'"
    tail -n 5 "$scratch/browser.txt" "$scratch"/*.log
    exit 1
  fi
  echo "$1: $2"
}

allowed=$(free_port)
serve_page "$allowed"
other=$(free_port)
serve_page "$other"
start_host browser --allow-origin "http://127.0.0.1:$allowed"
call() {
  curl -sS --fail -o /dev/null -X POST "$url/api/v2/projects/default/views$1" \
    -H "Authorization: the-writer-key" -H "Content-Type: application/json" -d "$2"
}
call "" '{"key": "my-view", "name": "My view"}'
call "/my-view/link/flags" '{"keys": ["checkout-v2"]}'

expect "a page of another origin" "$(result "$other")" "TypeError"
expect "a page of the allowed origin" "$(result "$allowed")" \
  "200 1 1 not_linked my-view true 412 precondition_failed"
