package mysql

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/dialect/handle"
)

// MinMySQL is the oldest MySQL that is supported.
func MinMySQL() handle.Version { return handle.Version{8, 0} }

// MinMariaDB is the oldest MariaDB that is supported.
func MinMariaDB() handle.Version { return handle.Version{10, 11} }

// probe finds out what the server is.
func probe(ctx context.Context, db *sql.Conn) (dialect.Capabilities, error) {
	var version, comment string
	if err := db.QueryRowContext(ctx, "SELECT VERSION(), @@version_comment").Scan(&version, &comment); err != nil {
		return dialect.Capabilities{}, err
	}
	// Dolt can be told to call itself anything, but it has variables of its own.
	var name, value string
	switch err := db.QueryRowContext(ctx, "SHOW VARIABLES LIKE 'dolt%'").Scan(&name, &value); {
	case err == nil:
		comment += " Dolt"
	case !errors.Is(err, sql.ErrNoRows):
		return dialect.Capabilities{}, err
	}
	engine, stated, err := checkVersion(version, comment)
	sharded := strings.Contains(strings.ToLower(version+" "+comment), "vitess")
	return dialect.Capabilities{Engine: engine, Version: stated, MultiStatements: true, Sharded: sharded}, err
}

// checkVersion tells MySQL from MariaDB and from what only speaks their
// protocol, by VERSION() and @@version_comment. TiDB ("8.0.11-TiDB-v8.5.0")
// and Vitess ("8.0.30-Vitess") state the MySQL that they are compatible with.
func checkVersion(version, comment string) (dialect.Engine, string, error) {
	both := strings.ToLower(version + " " + comment)
	if strings.Contains(both, "dolt") {
		return dialect.MySQL, version, handle.Unsupported(dialect.MySQL,
			"the server is Dolt, which merges concurrent transactions and loses updates",
			"use MySQL "+MinMySQL().String()+" or MariaDB "+MinMariaDB().String()+" or newer")
	}
	if !strings.Contains(strings.ToLower(version), "mariadb") {
		return dialect.MySQL, version, handle.RequireVersion(dialect.MySQL, version, MinMySQL())
	}
	// Proxies show MariaDB's replication prefix.
	return dialect.MariaDB, version, handle.RequireVersion(dialect.MariaDB, strings.TrimPrefix(version, "5.5.5-"), MinMariaDB())
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// fraction is d in seconds with milliseconds, MariaDB's form.
func fraction(d time.Duration) string {
	return strconv.FormatFloat(max(d, time.Millisecond).Seconds(), 'f', 3, 64)
}
