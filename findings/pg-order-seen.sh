#!/usr/bin/env bash
# guess: On the primary, commits become visible in the order of their commit records in the write-ahead log. So what
# a SELECT shows at any moment is a prefix of what logical decoding tells, whatever synchronous_commit says.
