#!/usr/bin/env bash
# guess: Where open with O_DIRECT succeeds and statx tells an alignment, an aligned write goes past the page cache, and
# one from a misaligned buffer or of a misaligned length is refused with EINVAL. That holds for ext4 (data=ordered and
# data=journal), xfs and btrfs; tmpfs refuses O_DIRECT at open.
