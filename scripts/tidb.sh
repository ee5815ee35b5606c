#!/bin/bash
# Runs a command with a TiDB in place of the MySQL server of the tests:
#
#   scripts/tidb.sh COMMAND…
#
# CHAMELEON_TEST_TIDB_URL names a server that runs; without it one is built from
# the module proxy, once, which takes a quarter of an hour, and started on
# loopback with its data in memory and a temporary directory.
set -euo pipefail

version=v1.1.0-beta.0.20251126154744-e4e814fdc0af
parser=v0.0.0-20251126154744-e4e814fdc0af
cache=${CHAMELEON_TIDB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/chameleon-tidb}
server=${CHAMELEON_TIDB_SERVER:-$cache/tidb-server-$version}

build() {
	echo "building TiDB $version: this takes a while, once" >&2
	mkdir -p "$cache"
	local source
	source=$(mktemp -d)
	# The module that is served names its parser by a path that is in no proxy.
	(cd "$source" && cat >go.mod <<<'module fetch' &&
		GOFLAGS=-mod=mod go mod download -json "github.com/pingcap/tidb@$version" |
		sed -n 's/.*"Dir": "\(.*\)",*/\1/p' >dir)
	cp -r "$(cat "$source/dir")" "$source/tidb"
	chmod -R u+w "$source/tidb"
	(cd "$source/tidb" && export GOFLAGS=-mod=mod GOTOOLCHAIN=auto GOWORK=off &&
		go mod edit -replace "github.com/pingcap/tidb/pkg/parser=github.com/pingcap/tidb/pkg/parser@$parser" &&
		nice -n 19 go build -p 1 -ldflags '-s -w' -o "$server.new" ./cmd/tidb-server)
	mv "$server.new" "$server"
	rm -rf "$source"
}

start() {
	data=$(mktemp -d)
	port=$((20000 + RANDOM % 10000))
	# It writes its log of slow queries to where it stands.
	(cd "$data" && exec "$server" -store unistore -path "$data" -host 127.0.0.1 -P "$port" -report-status=false \
		-log-file "$data/log" -socket "$data/socket" >"$data/out" 2>&1) &
	pid=$!
	trap 'kill "$pid" 2>/dev/null; wait "$pid" 2>/dev/null; rm -rf "$data"' EXIT
	for _ in $(seq 120); do
		if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
			CHAMELEON_TEST_TIDB_URL="mysql://root@127.0.0.1:$port/mysql"
			return
		fi
		kill -0 "$pid" 2>/dev/null || break
		sleep 1
	done
	echo "TiDB did not start:" >&2
	tail -5 "$data/out" "$data/log" >&2 || true
	exit 1
}

if [ -z "${CHAMELEON_TEST_TIDB_URL:-}" ]; then
	[ -x "$server" ] || build
	start
fi
export CHAMELEON_TEST_MYSQL_URL=$CHAMELEON_TEST_TIDB_URL
export CHAMELEON_TEST_MYSQL_SOURCE="TiDB $version"
export CHAMELEON_TEST_ENGINES=mysql
unset CHAMELEON_TEST_REQUIRE CI
"$@"
