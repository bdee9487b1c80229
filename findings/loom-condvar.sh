#!/usr/bin/env bash
# guess: loom tries, of a Condvar, what the standard library allows: notify_one wakes any of those that wait, a wait ends
# though nobody notified, and wait_timeout runs out. So a model that is wrong in one of these orders alone fails.
# Doubt: whether a wait ends without a notification.
