#!/bin/bash
# Runs the tests of packages, in two jobs side by side:
#
#   the ledger      all of its tests without the race detector, and those that
#                   share memory between goroutines with it: the rest is one
#                   goroutine and a server, and takes five times as long with it
#   everything else with the race detector
#
# The ledger's output comes when the rest is done. RACE, TEST_FLAGS and GO come
# from the Makefile.
set -uo pipefail

concurrent='Soak|Cut|Kill|Linear|InUse|LateAttempt|Deadline|Silence|Reset|PartOfACharge|SideBySide|Concurren|AtOnce|Waits|Snapshot|ExpireDue'

mapfile -t packages < <("$GO" list "$@")
others=()
ledger=()
for package in "${packages[@]}"; do
	case $package in
	*/chameleon/credits) ledger+=("$package") ;;
	*) others+=("$package") ;;
	esac
done
[ "${#packages[@]}" -gt 0 ] || exit 1

output=$(mktemp)
trap 'rm -f "$output"' EXIT

# shellcheck disable=SC2086 # flags are words
test_ledger() {
	local status=0
	"$GO" test $TEST_FLAGS "${ledger[@]}" || status=1
	"$GO" test $RACE $TEST_FLAGS -run "$concurrent" "${ledger[@]}" || status=1
	return "$status"
}

status=0
job=
if [ "${#ledger[@]}" -gt 0 ]; then
	test_ledger >"$output" 2>&1 &
	job=$!
fi
if [ "${#others[@]}" -gt 0 ]; then
	# shellcheck disable=SC2086
	"$GO" test $RACE $TEST_FLAGS "${others[@]}" || status=1
fi
if [ -n "$job" ]; then
	wait "$job" || status=1
	cat "$output"
fi
exit "$status"
