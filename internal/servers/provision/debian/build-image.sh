#!/bin/bash
# Builds a database server's image from Debian's packages, for machines that
# reach Debian's mirrors and no container registry.
#
#   build-image.sh TAG SUITE ENTRYPOINT PACKAGE…
#
# Needs mmdebstrap, Debian's archive keys and a Docker daemon. The mirror is
# CHAMELEON_TEST_DEBIAN_MIRROR, or Debian's own.
set -euo pipefail

tag=$1 suite=$2 entrypoint=$3
shift 3
packages=$(IFS=, && echo "$*")
mirror=${CHAMELEON_TEST_DEBIAN_MIRROR:-http://deb.debian.org/debian}

# A mirror that is behind has a Release file past its date; the packages are
# still signed. What a test server does not read is left out.
mmdebstrap --quiet --variant=essential \
	--aptopt='Acquire::Check-Valid-Until "false"' \
	--aptopt='Acquire::Languages "none"' \
	--aptopt='APT::Install-Recommends "false"' \
	--dpkgopt='path-exclude=/usr/share/doc/*' \
	--dpkgopt='path-exclude=/usr/share/man/*' \
	--dpkgopt='path-exclude=/usr/share/locale/*' \
	--include="$packages" \
	--customize-hook="install -m 755 '$entrypoint' \"\$1/usr/local/bin/docker-entrypoint.sh\"" \
	--customize-hook='rm -rf "$1"/var/lib/mysql/* "$1"/var/lib/postgresql/*/main' \
	"$suite" - "$mirror" |
	docker import --change 'ENTRYPOINT ["docker-entrypoint.sh"]' - "$tag"
