#!/usr/bin/env bash
# guess: immutable-chunkmap 2.1 answers get, range, remove and len as BTreeMap does, with any bounds. A map of one
# u64 to u64 takes less than 1 KiB in its default form (MapM), and a map filled in ascending order takes at most
# three times its payload with chunks of 16. A remove_cow of an absent key copies nothing.
