# Entry point of a server that is killed and started again: the image's own the
# first time, and the server on the data that is there from then on.
set -euo pipefail

server=$1
case $server in
postgres)
	if [ -f "$PGDATA/PG_VERSION" ]; then
		mkdir -p /run/postgresql && chown postgres:postgres /run/postgresql
		bin=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
		shift
		exec setpriv --reuid=postgres --regid=postgres --init-groups \
			"$bin/postgres" -D "$PGDATA" -c listen_addresses='*' "$@"
	fi
	;;
mysqld | mariadbd)
	if [ -d /var/lib/mysql/mysql ]; then
		shift
		rm -f /run/mysqld/*.pid
		exec "$server" --no-defaults --user=mysql --datadir=/var/lib/mysql --bind-address=0.0.0.0 "$@"
	fi
	;;
esac
exec docker-entrypoint.sh "$@"
