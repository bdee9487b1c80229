#!/usr/bin/env bash
# guess: JetStream answers a publish whose Nats-Msg-Id it knows with the sequence of the message it kept. If that
# message was deleted or trimmed since, there is nothing to be a duplicate of: the publish is stored as new. A
# restart of the server changes nothing of it.
