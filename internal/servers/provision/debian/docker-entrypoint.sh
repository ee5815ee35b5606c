#!/bin/bash
# Entry point of the images that build-image.sh makes from Debian's packages.
#
# It keeps the part of the official images' contract that the test engines use,
# so that both kinds are started the same way:
#
#   docker-entrypoint.sh postgres|mysqld|mariadbd [server flags…]
#
# PGDATA, POSTGRES_PASSWORD, MYSQL_ROOT_PASSWORD and MARIADB_ROOT_PASSWORD mean
# what they mean there. The data directory is made anew at every start: these
# servers live as long as one test run.
set -euo pipefail

start_postgres() {
	local bin
	bin=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
	local data=${PGDATA:-/var/lib/postgresql/data}
	mkdir -p "$data" /run/postgresql
	chown postgres:postgres "$data" /run/postgresql
	chmod 700 "$data"
	local password_file
	password_file=$(mktemp)
	printf '%s' "${POSTGRES_PASSWORD:?}" >"$password_file"
	chown postgres:postgres "$password_file"
	setpriv --reuid=postgres --regid=postgres --init-groups \
		"$bin/initdb" --pgdata="$data" --username=postgres --encoding=UTF8 --locale=C.UTF-8 \
		--auth-local=trust --auth-host=scram-sha-256 --no-sync \
		--pwfile="$password_file" >/dev/null
	rm "$password_file"
	echo 'host all all all scram-sha-256' >>"$data/pg_hba.conf"
	exec setpriv --reuid=postgres --regid=postgres --init-groups \
		"$bin/postgres" -D "$data" -c listen_addresses='*' "$@"
}

# mysql_data_dir prints the --datadir among the server flags, or the default.
mysql_data_dir() {
	local flag
	for flag in "$@"; do
		case $flag in --datadir=*) echo "${flag#--datadir=}" && return ;; esac
	done
	echo /var/lib/mysql
}

# write_root_sql writes the statements that open root to other hosts.
write_root_sql() {
	local password=${1//\'/\'\'} file=$2
	cat >"$file" <<-SQL
		CREATE USER IF NOT EXISTS 'root'@'%' IDENTIFIED BY '$password';
		ALTER USER 'root'@'localhost' IDENTIFIED BY '$password';
		GRANT ALL ON *.* TO 'root'@'%' WITH GRANT OPTION;
	SQL
	chown mysql:mysql "$file"
	chmod 600 "$file"
}

prepare_mysql_dirs() {
	mkdir -p "$1" /run/mysqld
	chown mysql:mysql "$1" /run/mysqld
}

start_mysqld() {
	local data
	data=$(mysql_data_dir "$@")
	prepare_mysql_dirs "$data"
	write_root_sql "${MYSQL_ROOT_PASSWORD:?}" /run/mysqld/init.sql
	mysqld --no-defaults --user=mysql --initialize-insecure --datadir="$data" --secure-file-priv=
	exec mysqld --no-defaults --user=mysql --datadir="$data" --secure-file-priv= \
		--init-file=/run/mysqld/init.sql --bind-address=0.0.0.0 "$@"
}

start_mariadbd() {
	local data
	data=$(mysql_data_dir "$@")
	prepare_mysql_dirs "$data"
	write_root_sql "${MARIADB_ROOT_PASSWORD:?}" /run/mysqld/init.sql
	mariadb-install-db --no-defaults --user=mysql --datadir="$data" \
		--auth-root-authentication-method=normal --skip-test-db >/dev/null
	exec mariadbd --no-defaults --user=mysql --datadir="$data" \
		--init-file=/run/mysqld/init.sql --bind-address=0.0.0.0 "$@"
}

server=${1:?name a server}
shift
case $server in
postgres) start_postgres "$@" ;;
mysqld) start_mysqld "$@" ;;
mariadbd) start_mariadbd "$@" ;;
*) exec "$server" "$@" ;;
esac
