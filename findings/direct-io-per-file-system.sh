#!/usr/bin/env bash
# guess: If open with O_DIRECT succeeds and statx reports an alignment, an aligned write goes past the page cache, and
# one from a misaligned buffer or with a misaligned length fails with EINVAL. This is true for ext4 (data=ordered and
# data=journal), xfs and btrfs; tmpfs refuses O_DIRECT at open.
#
# result (Linux 6.18): ext4 with data=ordered, xfs, and an overlay above ext4 are as guessed. But O_DIRECT opens
# everywhere, and every write succeeds, even misaligned ones: on ext4 with data=journal (statx reports the alignment 0
# and 0, and the bytes stay in the page cache), on btrfs (statx gives no answer) and on tmpfs (no answer, and there is
# only the cache). So the same program fails on one and works on the other, and no error shows that I/O is not direct.
#
# affected: programs that accept a successful open or write as proof of direct I/O, and programs that only ask statx.
# Write with the alignment of the page size, and treat EINVAL and "no answer" as "unknown".
#
# Exits with an error if the behaviour changes. Needs root (it mounts its own files in a temporary folder), loop
# devices, apt-get, python3.
set -euo pipefail
scratch=$(mktemp -d)
clean() {
  local place
  for place in "$scratch"/on/*; do if mountpoint -q "$place"; then umount "$place"; fi; done
  rm -rf "$scratch"
}
trap 'for _ in 1 2; do clean 2> /dev/null || true; done' EXIT
cd "$scratch"
# Missing makers of file systems come from Debian 12: btrfs-progs 6.2, xfsprogs 6.1.
apt-get download -qq btrfs-progs xfsprogs liburcu8 libinih1 2> apt.log || { apt-get update -qq && apt-get download -qq btrfs-progs xfsprogs liburcu8 libinih1; }
for package in *.deb; do dpkg -x "$package" unpacked; done
export LD_LIBRARY_PATH=$scratch/unpacked/usr/lib/x86_64-linux-gnu:$scratch/unpacked/lib/x86_64-linux-gnu
export PATH=$scratch/unpacked/sbin:$scratch/unpacked/bin:$PATH:/usr/sbin:/sbin
cat > probe.py <<'PY'
import ctypes
import mmap
import os
import struct
import sys

libc = ctypes.CDLL(None, use_errno=True)
LENGTH, STATX, DIOALIGN = 65536, {"x86_64": 332, "aarch64": 291}[os.uname().machine], 0x2000
path = os.path.join(sys.argv[1], "file")


def alignment():
    """The alignment of memory and offset from statx: None without an answer."""
    answer = ctypes.create_string_buffer(256)
    assert libc.syscall(STATX, -100, path.encode(), 0, DIOALIGN, answer) == 0
    if not struct.unpack_from("<I", answer, 0)[0] & DIOALIGN:
        return None
    return struct.unpack_from("<II", answer, 0x98)


def cached():
    with open(path, "r+b") as file, mmap.mmap(file.fileno(), LENGTH) as view:
        first, pages = ctypes.c_char.from_buffer(view), (ctypes.c_ubyte * (LENGTH // mmap.PAGESIZE))()
        assert libc.mincore(ctypes.c_void_p(ctypes.addressof(first)), ctypes.c_size_t(LENGTH), pages) == 0
        del first
        return sum(page & 1 for page in pages)


with open(path, "wb") as file:
    file.write(bytes(LENGTH))
    file.flush()
    os.fsync(file.fileno())
    os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
direct = os.open(path, os.O_RDWR | os.O_DIRECT)
memory = memoryview(mmap.mmap(-1, LENGTH))


def write(offset, start, length):
    try:
        return "taken" if os.pwrite(direct, memory[start:start + length], offset) == length else "short"
    except OSError as error:
        return os.strerror(error.errno)


before = cached()
aligned = write(0, 0, 4096)
stays = "cached" if cached() > before or before else "not cached"
odd = {write(8192, 0, 100), write(8192, 1, 4096), write(100, 0, 4096)}
seen = f"statx {alignment()}, aligned {aligned} and {stays}, misaligned {' or '.join(sorted(odd))}"
print(f"{sys.argv[2]}: {seen}")
if sys.argv[3] not in seen.replace("(", "").replace(")", ""):
    sys.exit(f"expected: {sys.argv[3]}")
PY
uname -r
mkdir -p on/ext4 on/journal on/xfs on/btrfs on/tmpfs on/z-overlay
# A mounted file system in a file: its name, its maker, options of the mount.
mount_image() {
  truncate -s 400M "$1.img"
  "$2" -q "$1.img" 2> mkfs.log
  mount -o "$3" "$1.img" "on/$1"
}
mount_image ext4 mkfs.ext4 loop
mount_image journal mkfs.ext4 loop,data=journal
mount_image xfs mkfs.xfs loop
mount_image btrfs mkfs.btrfs loop
mount -t tmpfs none on/tmpfs
mkdir lower on/ext4/upper on/ext4/work
mount -t overlay -o lowerdir=lower,upperdir=on/ext4/upper,workdir=on/ext4/work none on/z-overlay
refused="aligned taken and not cached, misaligned Invalid argument"
python3 probe.py on/ext4 "ext4, data=ordered" "$refused"
python3 probe.py on/xfs xfs "$refused"
python3 probe.py on/journal "ext4, data=journal" "statx 0, 0, aligned taken and cached, misaligned taken"
python3 probe.py on/btrfs btrfs "statx None, aligned taken and not cached, misaligned taken"
python3 probe.py on/tmpfs tmpfs "statx None, aligned taken and cached, misaligned taken"
python3 probe.py on/z-overlay "overlay above ext4" "$refused"
umount on/z-overlay
echo "as described"
