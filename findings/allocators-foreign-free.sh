#!/usr/bin/env bash
# guess: One thread makes 1,000,000 small objects of mixed size and stays alive, asleep; another one drops them all.
# glibc 2.36, jemalloc 5.3 and mimalloc keep at most twice what they keep when the first thread drops them itself,
# and at most a quarter of the peak after two seconds.
