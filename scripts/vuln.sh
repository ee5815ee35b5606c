#!/bin/bash
# Looks for known vulnerabilities in what every module of the repository calls.
#
# Where the vulnerability database cannot be reached nothing is checked, and the last
# line says so; with CHAMELEON_VULN=required that is a failure. GOVULNDB names another
# database.
set -euo pipefail
cd "$(dirname "$0")/.."
tool=$PWD/bin/govulncheck
database=${GOVULNDB:-https://vuln.go.dev}

about=$("$tool" -db "$database" -version)
if [[ $about != *"DB updated: "* ]]; then
	echo "vulnerabilities: NOT CHECKED: $database cannot be reached" >&2
	[ "${CHAMELEON_VULN:-}" != required ]
	exit
fi
git ls-files '*go.mod' | while read -r module; do
	[ "$module" = tools/go.mod ] && continue # what checks the code, and is not in it
	echo "vulnerabilities: $module"
	(cd "$(dirname "$module")" && "$tool" -db "$database" ./...)
done
