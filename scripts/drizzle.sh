#!/bin/bash
# Runs the original application's queries with Drizzle itself, on databases that are
# being adopted: adopt/testdata/drizzle-app, driven by TestDrizzle. It needs node, npm
# and npm's registry, and installs the former two on Debian and Ubuntu. Without them it
# fails; with CHAMELEON_DRIZZLE=optional its last line says that nothing was tested.
set -euo pipefail
cd "$(dirname "$0")/.."

# The packages lie outside the repository, whose tests read every file in it. What is
# there after an install of the same package.json is what it asks for.
app=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/chameleon-test/drizzle-app
get() {
	scripts/setup.sh node
	mkdir -p "$app"
	cp adopt/testdata/drizzle-app/* "$app"
	cmp -s "$app/package.json" "$app/node_modules/.installed" && return
	npm --prefix "$app" install --no-audit --no-fund --no-package-lock --silent || return
	cp "$app/package.json" "$app/node_modules/.installed"
}
if ! get; then
	echo "drizzle: NOT TESTED: node, or its packages, cannot be had" >&2
	[ "${CHAMELEON_DRIZZLE:-required}" != required ]
	exit
fi
export CHAMELEON_DRIZZLE_APP=$app
exec "${GO:-go}" test -tags=drizzle -count=1 -timeout=10m -run '^TestDrizzle$' ./adopt
