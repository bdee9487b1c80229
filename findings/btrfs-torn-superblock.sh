#!/usr/bin/env bash
# guess: btrfs survives any loss of power without help: nothing is written in place but the superblock, and of that there is
# a copy at 64 MiB. So where a write of the superblock is torn at a sector of 512 bytes, a mount takes the copy.
#
# result (Linux 6.18, btrfs-progs 6.2): the superblock is 4,096 bytes with one checksum, written in place, and a mount
# reads the first one only. If one of its eight sectors is older than the others, mounting fails with EINVAL
# ("superblock checksum mismatch"), though the copy is whole. "btrfs rescue super-recover" writes the copy over it, and
# then everything is there. ext4 and XFS, torn in the same way, were mounted by themselves or after e2fsck, which
# machines run when they start; nothing runs super-recover.
#
# affected: data on btrfs on a disk that writes sectors of 512 bytes completely, but not pages of 4,096. The data is
# not lost, but the machine needs a hand. Seen once in 502 losses of power (docs/testing.md).
#
# Exits with an error if the behaviour changes. Needs root (it mounts a file of its own in a temporary folder), loop devices, apt-get.
set -euo pipefail
scratch=$(mktemp -d)
clean() {
  if mountpoint -q "$scratch/on"; then umount "$scratch/on"; fi
  rm -rf "$scratch"
}
trap clean EXIT
cd "$scratch"
apt-get download -qq btrfs-progs 2> apt.log || { apt-get update -qq && apt-get download -qq btrfs-progs; }
for package in *.deb; do dpkg -x "$package" unpacked; done
export PATH=$scratch/unpacked/sbin:$scratch/unpacked/bin:$PATH:/usr/sbin:/sbin
mkdir on
truncate -s 128M disk
mkfs.btrfs -q disk > /dev/null
superblock() { dd if="$1" of="$2" bs=512 count=1 skip=$((128 + $3)) seek=$((128 + $3)) conv=notrunc status=none; }

cp --sparse=always disk before
mount -o loop disk on
echo kept > on/file
umount on
# The last write of the superblock, except its first sector.
superblock before disk 0
if mount -o loop disk on 2> mount.err; then
  echo "a mount takes the copy of a superblock that is torn, now"
  exit 1
fi
echo "mounting a disk with a torn superblock: $(head -n 1 mount.err)"
btrfs rescue super-recover -y disk > recover.log 2>&1 || [ $? -eq 2 ]
mount -o loop disk on
[ "$(cat on/file)" = kept ]
umount on
echo "after btrfs rescue super-recover it is mounted, and the file is there"
