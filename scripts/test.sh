#!/bin/bash
# Runs the tests of packages, in two jobs side by side:
#
#   all tests       without the race detector: most are one goroutine that waits
#                   for a server, and take several times as long with it
#   concurrent ones with it, as well: those that internal/cmd/concurrenttests
#                   finds, in packages that keep memory for several goroutines (with
#                   RACE_PACKAGES=-all in every one), on the engines of RACE_ENGINES:
#                   what it watches is Go's memory, and what handles MySQL's and
#                   MariaDB's differently is in dialect, which runs on MariaDB, too;
#                   they have been vetted in the first job, or before it
#
# The second job's output comes when the first is done; ONLY_RACE=yes leaves the first
# out. RACE (empty: without the second job), RACE_ENGINES, TEST_FLAGS, VET and GO come from the Makefile.
set -uo pipefail

output=$(mktemp)
trap 'rm -f "$output"' EXIT

# shellcheck disable=SC2086 # flags are words
race() {
	local status=0 found package pattern engines
	found=$("$GO" run ./internal/cmd/concurrenttests ${RACE_PACKAGES:-} "$@") || return 1
	while read -r package pattern; do
		engines=$RACE_ENGINES
		case $package in */dialect | */dialect/*) engines+=,mariadb ;; esac
		CHAMELEON_TEST_REQUIRE= CHAMELEON_TEST_ENGINES="$engines" CHAMELEON_RAPID_CHECKS= \
			"$GO" test $RACE $TEST_FLAGS -vet=off -run "$pattern" "$package" </dev/null || status=1
	done <<<"$found"
	return "$status"
}

status=0
job=
if [ -n "$RACE" ]; then
	race "$@" >"$output" 2>&1 &
	job=$!
fi
if [ -z "${ONLY_RACE:-}" ]; then
	# shellcheck disable=SC2086
	"$GO" test $TEST_FLAGS $VET "$@" || status=1
fi
if [ -n "$job" ]; then
	wait "$job" || status=1
	echo "With the race detector, the tests of several goroutines:"
	cat "$output"
fi
exit "$status"
