#!/usr/bin/env bash
# Runs a command against a throw-away PostgreSQL:
#
#   scripts/with-postgres.sh npx vitest run test/store
#
# The command gets the address in CARILLON_TEST_POSTGRES_URL. The cluster lives in a temporary folder and listens on a
# Unix socket there, nothing else; it is stopped and removed whatever becomes of the command, whose exit code is passed on.
# Without PostgreSQL's binaries Debian's package is installed first.
set -euo pipefail

if [ $# -eq 0 ]; then
  echo "Expected a command, got nothing. Usage: $0 COMMAND [ARGUMENT...]" >&2
  exit 64
fi

find_binaries() {
  local initdb
  initdb=$(ls -d /usr/lib/postgresql/*/bin/initdb 2>/dev/null | sort -V | tail -n 1 || true)
  [ -n "$initdb" ] || initdb=$(command -v initdb || true)
  [ -z "$initdb" ] || dirname "$initdb"
}

install_postgres() {
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then as_root=(sudo -n); fi
  if ! command -v apt-get >/dev/null || ! "${as_root[@]}" true 2>/dev/null; then
    echo "Expected PostgreSQL's initdb, or apt-get and root to install it, got neither. Install PostgreSQL and run this again." >&2
    exit 1
  fi
  echo "Installing PostgreSQL (apt-get install postgresql) ..." >&2
  # The package would set up and start a cluster of its own, which nobody asked for.
  "${as_root[@]}" mkdir -p /etc/postgresql-common/createcluster.d
  echo "create_main_cluster = false" | "${as_root[@]}" tee /etc/postgresql-common/createcluster.d/throw-away.conf >/dev/null
  "${as_root[@]}" apt-get update -qq >&2
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql >&2
}

binaries=$(find_binaries)
if [ -z "$binaries" ]; then
  install_postgres
  binaries=$(find_binaries)
fi

folder=$(mktemp -d "${TMPDIR:-/tmp}/carillon-pg.XXXXXX")
# PostgreSQL refuses to run as root.
as_owner=()
if [ "$(id -u)" -eq 0 ]; then
  as_owner=(runuser -u postgres --)
  chown postgres "$folder"
fi
in_cluster() { (cd "$folder" && "${as_owner[@]}" "$binaries/$@"); }

child=
clean_up() {
  trap - EXIT INT TERM
  if [ -n "$child" ] && kill -TERM "$child" 2>/dev/null; then wait "$child" || true; fi
  if [ -f "$folder/data/postmaster.pid" ]; then in_cluster pg_ctl -D "$folder/data" -m immediate -w stop >/dev/null 2>&1 || true; fi
  rm -rf "$folder"
}
trap clean_up EXIT
trap 'clean_up; exit 130' INT
trap 'clean_up; exit 143' TERM

in_cluster initdb -D "$folder/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >"$folder/log" 2>&1 ||
  { cat "$folder/log" >&2; exit 1; }
# Nothing here outlives the command, so nothing needs to reach the disk.
in_cluster pg_ctl -D "$folder/data" -l "$folder/data/server.log" -w -t 60 start \
  -o "-c listen_addresses='' -c unix_socket_directories='$folder' -c fsync=off -c synchronous_commit=off" >"$folder/log" 2>&1 ||
  { cat "$folder/log" "$folder/data/server.log" >&2; exit 1; }

export CARILLON_TEST_POSTGRES_URL="postgresql://postgres@localhost/postgres?host=$folder"
# In the background, because bash would sit out a signal while a command runs in the foreground.
"$@" <&0 &
child=$!
status=0
wait "$child" || status=$?
child=
exit "$status"
