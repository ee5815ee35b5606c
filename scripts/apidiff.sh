#!/bin/bash
# Compares the exported names with those of the last tag. A name that is gone or has
# changed needs a line under "Changed" or "Removed" of CHANGELOG.md's [Unreleased].
set -euo pipefail
cd "$(dirname "$0")/.."
tool=$PWD/bin/apidiff

if ! tag=$(git describe --tags --abbrev=0 --match 'v*' 2>/dev/null); then
	echo "apidiff: there is no tag to compare with"
	exit
fi
old=$(mktemp -d)
trap 'git worktree remove --force "$old/tree" 2>/dev/null || true; rm -rf "$old"' EXIT
git worktree add --detach "$old/tree" "$tag" >/dev/null 2>&1

broken=
# All modules of the workspace: their packages are those of one tag, whatever module
# they were in then.
all=work
[ -e "$old/tree/go.work" ] || all=./...
for package in $(cd "$old/tree" && go list "$all" | grep -Ev '/(internal|examples|rivertest)(/|$)'); do
	if ! go list "$package" >/dev/null 2>&1; then
		echo "$package is gone"
		broken=yes
		continue
	fi
	(cd "$old/tree" && "$tool" -w "$old/export" "$package")
	"$tool" "$old/export" "$package" >"$old/changes"
	[ -s "$old/changes" ] && echo "$package" && sed 's/^/  /' "$old/changes"
	if grep -q '^Incompatible changes:' "$old/changes"; then
		broken=yes
	fi
done
if [ -z "$broken" ]; then
	echo "apidiff: nothing that $tag exports is gone or has changed"
	exit
fi
if ! sed -n '/^## \[Unreleased\]/,/^## \[[0-9]/p' CHANGELOG.md | grep -qE '^### (Changed|Removed)'; then
	echo "apidiff: CHANGELOG.md has nothing under Changed or Removed since $tag" >&2
	exit 1
fi
