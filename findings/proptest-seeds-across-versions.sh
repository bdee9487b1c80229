#!/usr/bin/env bash
# guess: A line "cc ..." of a proptest-regressions file gives the same case with every proptest 1.x that reads it, as
# long as the strategy is the same: that is what the file is checked in for. Doubt: ranges, since their sampling changed
# with rand 0.9. Full-width integers, vectors of bytes and texts of a pattern stay.
