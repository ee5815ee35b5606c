package cli

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/uptrace/bun"
	driver "modernc.org/sqlite"

	"github.com/chameleon-go/chameleon/dialect/sqlite"
)

// vacuum writes a SQLite database to w. SQLite itself writes a file only, which lies
// in a directory of the user's alone until it was read.
func vacuum(ctx context.Context, db *bun.DB, w io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "chameleon-backup-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "backup.db")
	if _, err := db.ExecContext(ctx, "VACUUM INTO ?", path); err != nil {
		return err
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // it was only read
	_, err = io.Copy(w, file)
	return err
}

// replaceSQLite replaces the contents of the database of a URL by those of a file, in one
// transaction: others see the one or the other.
func replaceSQLite(ctx context.Context, databaseURL, from string) error {
	config, err := sqlite.ParseURL(databaseURL)
	if err != nil {
		return err
	}
	if config.InMemory() {
		return usagef("a database in memory ends with the command: give the file to restore into")
	}
	source := fileURI(from, "mode=ro", "immutable=1")
	if err := soundSQLite(ctx, source); err != nil {
		return err
	}
	return onSQLite(ctx, fileURI(config.Path, "_pragma=busy_timeout(10000)"), func(conn *sql.Conn) error {
		return conn.Raw(func(driverConn any) error { return pages(driverConn, source) })
	})
}

// pages copies a database into the connection's, page by page.
func pages(driverConn any, source string) error {
	r, ok := driverConn.(interface {
		NewRestore(uri string) (*driver.Backup, error)
	})
	if !ok {
		return fmt.Errorf("the driver of SQLite (%T) restores no backups", driverConn)
	}
	backup, err := r.NewRestore(source)
	if err != nil {
		return err
	}
	_, err = backup.Step(-1)
	return errors.Join(err, backup.Finish())
}

// soundSQLite refuses a file that SQLite finds damaged.
func soundSQLite(ctx context.Context, source string) error {
	return onSQLite(ctx, source, func(conn *sql.Conn) error {
		var found string
		err := conn.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&found)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil || found != "ok" {
			return fmt.Errorf("the backup is damaged, and nothing was written: SQLite finds %s", firstOf(err, found))
		}
		return nil
	})
}

func firstOf(err error, found string) string {
	if err != nil {
		return err.Error()
	}
	return found
}

// onSQLite opens a file of SQLite's as it is, without this product's settings.
func onSQLite(ctx context.Context, uri string, fn func(conn *sql.Conn) error) (err error) {
	db, err := sql.Open("sqlite", uri)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	return fn(conn)
}

// fileURI names a file as SQLite's URIs do.
func fileURI(path string, params ...string) string {
	uri := "file:" + (&url.URL{Path: path}).EscapedPath()
	if len(params) == 0 {
		return uri
	}
	return uri + "?" + strings.Join(params, "&")
}
