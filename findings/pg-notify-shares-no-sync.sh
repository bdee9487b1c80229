#!/usr/bin/env bash
# guess: PostgreSQL makes concurrent commits share one flush of its log. A NOTIFY to a channel without listeners only
# costs some memory, so 16 clients that each insert a row and notify commit as often as 16 clients that only insert a
# row: at least 80 % as often. Two databases of one server do not affect each other.
#
# result (PostgreSQL 15.20 of Debian 12): a transaction that notified takes a lock of the whole server before it commits
# and keeps it until its commit is flushed. So such commits are made one after another, each with its own flush, in all
# databases together, with or without listeners. Seen, with a flush of 5 ms (commit_delay stands in for a slow disk, so
# that the figures are not this disk's): 2,601 commits a second without, 190 with NOTIFY, 176 in two databases together.
#
# affected: an ordered log in a table whose writers wake the readers in the same transaction. One NOTIFY for a group of
# changes, by one writer, or a second transaction that only notifies and is not waited for, keeps the commits together.
#
# Exits with an error if the behaviour changes. Needs apt-get and the libraries that PostgreSQL of Debian 12 is linked with.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
source "$here/lib/postgres.sh"
# The first session that waits for a flush sleeps 5 ms before it.
start_postgres commit_delay=5000 commit_siblings=0
"$bin/createdb" other
for database in postgres other; do
  "$bin/psql" -qc "create table log (seq bigserial primary key, body text)" "$database"
done
printf "begin;\ninsert into log (body) values ('x');\nselect 1;\nend;\n" > "$scratch/plain.sql"
printf "begin;\ninsert into log (body) values ('x');\nnotify nobody_listens;\nend;\n" > "$scratch/notify.sql"

# Commits a second of some clients with a script in a database.
rate() {
  "$bin/pgbench" -n -c "$1" -j 2 -T 5 -f "$scratch/$2.sql" "$3" 2> /dev/null | awk '/^tps/ { printf "%d\n", $3 }'
}
plain=$(rate 16 plain postgres)
notify=$(rate 16 notify postgres)
rate 8 notify postgres > "$scratch/one" &
second=$(rate 8 notify other)
wait $!
both=$(($(cat "$scratch/one") + second))
echo "commits a second of 16 clients: $plain without NOTIFY, $notify with it, $both with it in two databases of 8 each"
if [ $((notify * 3)) -gt "$plain" ] || [ $((both * 3)) -gt "$plain" ]; then
  echo "NOTIFY costs less than two thirds: the behaviour changed"
  exit 1
fi
echo "as described"
