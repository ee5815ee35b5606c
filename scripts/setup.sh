#!/bin/bash
# Installs what the tests need and this machine lacks, on Debian and Ubuntu:
#
#   a C compiler      the race detector needs cgo
#   a Docker engine   started, too, where it is not running
#   mmdebstrap        makes the servers' images where no registry answers
#   strace            traces what a power failure would lose of SQLite's files
#   pgbouncer         the tests of transaction pooling run one
#   node and npm      asked for as `setup.sh node`: Drizzle itself runs in them
#
# Anything that is there is left alone, and no installed service is enabled.
# Elsewhere, or without root, it says what is missing and leaves the rest to
# the tests, which name every engine that they could not reach.
set -euo pipefail

note() { echo "setup: $*" >&2; }
has() { command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ]; }
docker_answers() { docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

# as_root runs a command as root: directly, or by a sudo that does not ask.
as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	else
		sudo -n "$@"
	fi
}

# without_services runs a command while packages may not start the services
# that they bring: a pgbouncer or a server of the machine's own is not ours to
# start.
without_services() {
	local policy=/usr/sbin/policy-rc.d status=0
	if [ -e "$policy" ]; then
		"$@"
		return
	fi
	printf '#!/bin/sh\nexit 101\n' | as_root install -m 755 /dev/stdin "$policy"
	"$@" || status=$?
	as_root rm -f "$policy"
	return "$status"
}

install_packages() {
	note "installing $*"
	# A mirror that is behind has Release files past their date, and a source
	# that does not answer need not be the one that is asked for.
	as_root apt-get update -qq || as_root apt-get -o Acquire::Check-Valid-Until=false update -qq ||
		note "apt-get update failed in part"
	# Debian 13 and later hold Docker's command in a package of its own.
	if ! has docker && apt-cache show docker-cli >/dev/null 2>&1; then
		set -- "$@" docker-cli
	fi
	without_services as_root env DEBIAN_FRONTEND=noninteractive \
		apt-get install -y -qq --no-install-recommends "$@" >/dev/null
	if has systemctl && [[ " $* " == *" pgbouncer "* ]]; then
		as_root systemctl disable --quiet pgbouncer || true # it would start at the next boot
	fi
}

missing_packages() {
	has gcc || echo gcc libc6-dev
	has dockerd || docker_answers || echo docker.io iptables
	has mmdebstrap || echo mmdebstrap debian-archive-keyring
	has strace || echo strace
	has pgbouncer || echo pgbouncer
	[ "${1:-}" != node ] || has node || echo nodejs
	[ "${1:-}" != node ] || has npm || echo npm
}

start_docker() {
	note "starting the Docker engine"
	if [ -d /run/systemd/system ]; then
		as_root systemctl start docker
	else
		as_root setsid --fork dockerd >/tmp/dockerd.log 2>&1 </dev/null
	fi
	for _ in $(seq 60); do
		docker_answers && return
		sleep 0.5
	done
	note "the Docker engine did not start:"
	tail -n 5 /tmp/dockerd.log >&2 || true
}

main() {
	read -r -a packages <<<"$(missing_packages "$@" | xargs)"
	if ! has apt-get || { [ "$(id -u)" != 0 ] && ! sudo -n true 2>/dev/null; }; then
		[ ${#packages[@]} = 0 ] || note "missing: ${packages[*]} (install them, or run this as root)"
		return
	fi
	[ ${#packages[@]} = 0 ] || install_packages "${packages[@]}"
	# A DOCKER_HOST that does not answer is not this machine's to start.
	[ -n "${DOCKER_HOST:-}" ] || docker_answers || start_docker
}

main "$@"
