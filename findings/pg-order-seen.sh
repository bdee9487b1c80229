#!/usr/bin/env bash
# guess: On the primary, commits become visible in the order of their commit records in the write-ahead log. So what
# a SELECT shows at any moment is a prefix of what logical decoding tells, whatever synchronous_commit says.
#
# what is so (PostgreSQL 15.20 of Debian 12): a commit is in the log when its record is written, and visible when its
# session has waited for what its own synchronous_commit asks for. Seen: a SELECT shows the second row alone, while the log
# (and so every standby and every logical decoder) has the first row before it. Once the first commit returned, both show.
#
# who meets it: a reader that keeps "all up to here" from a SELECT on the primary and goes on from the log, or compares the
# two. Waits differ by the disk's flush, by standbys and by settings of a session; here a standby that is asked for and
# not there makes the first commit wait, so that the order is certain. A lock that orders the writers, held until their
# commits returned, closes the gap.
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
# No standby is asked for any more: the first commit returns.
sql "alter system reset synchronous_standby_names"
sql "select pg_reload_conf()" > "$scratch/reload"
wait $first
after=$(sql "select string_agg(body, ' ' order by body) from log")
echo "after the first commit returned, a SELECT shows: $after"
[ "$seen" = second ] && [ "$decoded" = "first second" ] && [ "$after" = "first second" ] || exit 1
echo "as described"
