#!/usr/bin/env bash
# guess: Opening a cleanly closed redb 4.6 file with Database::open, reading from it and closing it leaves its bytes
# as they were. Two files made by the same calls with the same data are equal to the byte.
