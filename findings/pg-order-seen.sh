#!/usr/bin/env bash
# guess: On the primary, commits become visible in the order of their commit records in the write-ahead log. So the
# result of a SELECT at any moment is a prefix of the output of logical decoding, for any synchronous_commit.
#
# result (PostgreSQL 15.20 of Debian 12): a commit is in the log when its record is written, and visible when its
# session has finished the wait that its own synchronous_commit requires. Seen: a SELECT shows only the second row,
# while the log (and so every standby and every logical decoder) has the first row before it. Once the first commit
# returned, both show.
#
# affected: a reader that takes "all up to here" from a SELECT on the primary and continues from the log, or compares
# the two. The length of the wait depends on the disk's flush, on standbys and on settings of a session; here a required
# but absent standby makes the first commit wait, so that the order is certain. A lock that orders the writers, held
# until their commits have returned, closes the gap.
#
# Exits with an error if the behaviour changes. Needs apt-get and the libraries that PostgreSQL of Debian 12 is linked with.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
source "$here/lib/postgres.sh"
start_postgres wal_level=logical
sql() { "$bin/psql" -qAtX -c "$1"; }
sql "create table log (body text)"
sql "select 'slot made' from pg_create_logical_replication_slot('decoded', 'test_decoding')"
sql "alter system set synchronous_standby_names = 'absent'"
sql "select pg_reload_conf()" > "$scratch/reload"
sleep 1
"$bin/psql" -qAtX -c "insert into log values ('first')" &
first=$!
for _ in $(seq 100); do
  if [ "$(sql "select count(*) from pg_stat_activity where wait_event = 'SyncRep'")" = 1 ]; then break; fi
  sleep 0.1
done
sql "set synchronous_commit = local; insert into log values ('second')"
seen=$(sql "select string_agg(body, ' ') from log")
decoded=$(sql "select string_agg(substring(data from '''(\w+)'''), ' ') from pg_logical_slot_peek_changes('decoded', null, null) where data like 'table%'")
echo "a SELECT shows: $seen; the log has, in this order: $decoded"
# No standby is required any more: the first commit returns.
sql "alter system reset synchronous_standby_names"
sql "select pg_reload_conf()" > "$scratch/reload"
wait $first
after=$(sql "select string_agg(body, ' ' order by body) from log")
echo "after the first commit returned, a SELECT shows: $after"
[ "$seen" = second ] && [ "$decoded" = "first second" ] && [ "$after" = "first second" ] || exit 1
echo "as described"
