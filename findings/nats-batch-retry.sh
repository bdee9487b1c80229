#!/usr/bin/env bash
# guess: The retry of an atomic batch whose acknowledgement was lost, with the same Nats-Msg-Id on each message,
# is answered like the retry of a single publish: an acknowledgement marked as duplicate with the old sequence.
