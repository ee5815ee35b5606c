#!/bin/bash
# Runs with the race detector the tests that internal/cmd/concurrenttests finds in
# packages, on the engines of RACE_ENGINES: what it watches is Go's memory, and what
# handles MySQL's and MariaDB's differently is in dialect, which runs on MariaDB, too.
# RACE, RACE_ENGINES, TEST_FLAGS and GO come from the Makefile.
set -uo pipefail

found=$("$GO" run ./internal/cmd/concurrenttests "$@") || exit 1
status=0
while read -r package pattern; do
	engines=$RACE_ENGINES
	case $package in */dialect | */dialect/*) engines+=,mariadb ;; esac
	# shellcheck disable=SC2086 # flags are words
	CHAMELEON_TEST_REQUIRE= CHAMELEON_TEST_ENGINES="$engines" \
		"$GO" test $RACE $TEST_FLAGS -vet=off -run "$pattern" "$package" </dev/null || status=1
done <<<"$found"
exit "$status"
