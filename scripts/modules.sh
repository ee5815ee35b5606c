#!/bin/bash
# Runs a command in each module of the workspace, and says in which:
#
#   scripts/modules.sh COMMAND…
#   scripts/modules.sh --tidy      brings go.mod and go.sum of each up to date
#   scripts/modules.sh --check     fails if one is not, or if a module asks for another
#                                  version than the workspace has: it would be tested
#                                  with a library that its users do not get
#   scripts/modules.sh --packages  prints the pattern of each module's packages, for a
#                                  command that takes them all at once
set -euo pipefail
cd "$(dirname "$0")/.."
go=${GO:-go}

each() {
	local module
	for module in $("$go" list -m -f '{{.Dir}}'); do
		echo "module ${module#"$PWD"/}" >&2
		(cd "$module" && "$@") || return 1
	done
}

tidy() { GOWORK=off "$go" mod tidy "$@"; }

versions() {
	local path version chosen
	"$go" mod edit -json | sed -n '/"Require"/,/^\t\]/p' | sed -n 's/.*"\(Path\|Version\)": "\(.*\)".*/\2/p' |
		paste - - | while read -r path version; do
		chosen=$("$go" list -m -f '{{with .Replace}}{{$.Version}}{{else}}{{.Version}}{{end}}' "$path")
		[ -z "$chosen" ] || [ "$chosen" = "$version" ] || {
			echo "$PWD/go.mod asks for $path $version; the workspace has $chosen" >&2
			return 1
		}
	done
}

case $1 in
--tidy) each tidy ;;
--check)
	each tidy -diff
	each versions
	;;
--packages) "$go" list -m -f '{{.Dir}}' | sed "s|^$PWD|.|; s|$|/...|" ;;
*) each "$@" ;;
esac
