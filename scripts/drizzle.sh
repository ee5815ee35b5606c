#!/bin/bash
# Runs the original application's queries with Drizzle itself, on databases that are
# being adopted: adopt/testdata/drizzle-app, driven by TestDrizzle. It needs node, npm
# and npm's registry, and installs the former two on Debian and Ubuntu.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
	echo "drizzle: installing nodejs and npm" >&2
	sudo=
	[ "$(id -u)" = 0 ] || sudo="sudo -n"
	$sudo apt-get update -qq
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nodejs npm >/dev/null
fi
npm --prefix adopt/testdata/drizzle-app install --no-audit --no-fund --no-package-lock --silent
exec "${GO:-go}" test -tags=drizzle -count=1 -timeout=10m -run '^TestDrizzle$' ./adopt
