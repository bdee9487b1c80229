#!/usr/bin/env bash
# guess: redb 4.6 with pages of 4 KiB: a value larger than a page takes as many whole pages as it needs, so 1,000
# values of 33,000 bytes take 9 pages each (36,864 bytes) and the file grows to some 37 MB. Rows of 1,400 bytes put in
# in key order fill leaves by two or more: at least 60 % of the file is payload.
