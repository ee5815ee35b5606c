package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/schema"
	"github.com/chameleon-go/chameleon/transfer"
)

// restoreNative has the engine's own tool restore what backup --native wrote.
func (a *app) restoreNative(ctx context.Context, path string, u decryption, p transfer.RestoreParams) error {
	a.stopped = "interrupted: on PostgreSQL and SQLite nothing was restored; MySQL and MariaDB keep what they " +
		"have by now: restore again with --replace"
	r, done, err := a.openBackup(ctx, path, u)
	if done != nil {
		defer done()
	}
	if err != nil {
		return err
	}
	url, err := a.databaseURL()
	if err != nil {
		return err
	}
	return a.withURL(ctx, url, "", func(db *bun.DB) error {
		result, err := a.loaded(ctx, db, url, r, p)
		if err != nil {
			return err
		}
		return a.printTransfer(result)
	})
}

// loaded restores from r into a database that holds no rows, or whose rows go.
func (a *app) loaded(ctx context.Context, db *bun.DB, url string, r io.Reader, p transfer.RestoreParams) (_ *nativeResult, err error) {
	began := time.Now()
	result := &nativeResult{Engine: dialect.Of(db).Engine, Tool: "the backup API"}
	if !p.Replace {
		if err := rowless(ctx, db); err != nil {
			return nil, err
		}
	}
	file, remove, err := spooled(r, p.SpoolDir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, remove()) }()
	if result.Bytes, err = whole(result.Engine, file); err != nil {
		return nil, err
	}
	if result.Engine == dialect.SQLite {
		err = replaceSQLite(ctx, url, file.Name())
	} else {
		result.Tool, err = a.load(ctx, result.Engine, url, file)
	}
	if err == nil && !p.NoAudit {
		result.Audit, err = audit.Verify(ctx, db, audit.VerifyParams{})
		if err != nil {
			err = fmt.Errorf("the database was restored, and its ledger cannot be verified: %w", err)
		}
	}
	result.Took = time.Since(began)
	return result, err
}

// load has a server's client read the file.
func (a *app) load(ctx context.Context, engine dialect.Engine, url string, file io.Reader) (tool string, err error) {
	d, err := restorerOf(engine, url)
	if err != nil {
		return "", err
	}
	return d.tool, d.run(ctx, a.env.Getenv, file, io.Discard)
}

func restorerOf(engine dialect.Engine, url string) (*client, error) {
	if engine == dialect.PostgreSQL {
		return pgRestore(url)
	}
	return mysqlRestore(engine, url)
}

// rowless refuses a database in which a table holds rows, of this product or of others:
// what the engine's own tool restores replaces tables. Records of pushes are no rows.
func rowless(ctx context.Context, db *bun.DB) error {
	query := map[dialect.Engine]string{
		dialect.PostgreSQL: "SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) FROM pg_class AS c " +
			"JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') " +
			"AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relname <> ? " +
			"AND NOT EXISTS (SELECT 1 FROM pg_depend AS d WHERE d.objid = c.oid AND d.deptype = 'e')",
		dialect.SQLite: "SELECT '\"' || replace(name, '\"', '\"\"') || '\"' FROM sqlite_master WHERE type = 'table' " +
			"AND substr(name, 1, 7) <> 'sqlite_' AND name <> ?",
	}[dialect.Of(db).Engine]
	if query == "" {
		query = "SELECT CONCAT('`', REPLACE(table_name, '`', '``'), '`') FROM information_schema.tables " +
			"WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' AND table_name <> ?"
	}
	var tables []string
	if err := db.NewRaw(query, schema.RecordTable).Scan(ctx, &tables); err != nil {
		return dialect.Classify(err)
	}
	for _, table := range tables {
		var rows int
		err := db.NewRaw("SELECT COUNT(*) FROM (SELECT 1 AS one FROM ? LIMIT 1) AS t", bun.Safe(table)).Scan(ctx, &rows)
		if err != nil {
			return dialect.Classify(err)
		}
		if rows > 0 {
			return fmt.Errorf("the table %s holds rows, and nothing was written: restore into a new database, "+
				"or add --replace, and what the backup holds replaces what is there", table)
		}
	}
	return nil
}

// spooled is a file of what r holds, from its beginning: the tools read files alone, and a
// backup is looked at to its end first. Only this user can read it.
func spooled(r io.Reader, dir string) (_ *os.File, remove func() error, err error) {
	if file, ok := r.(*os.File); ok {
		if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
			return file, func() error { return nil }, nil
		}
	}
	own, err := os.MkdirTemp(dir, "chameleon-restore-")
	if err != nil {
		return nil, nil, err
	}
	remove = func() error { return os.RemoveAll(own) }
	file, err := os.OpenFile(filepath.Join(own, "backup"), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, nil, errors.Join(err, remove())
	}
	remove = func() error { return errors.Join(file.Close(), os.RemoveAll(own)) }
	_, err = io.Copy(file, r)
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, nil, errors.Join(err, remove())
	}
	return file, remove, nil
}

// whole refuses a file that is not what the engine's tool writes, or is cut off as far
// as it says itself, and returns its size.
func whole(engine dialect.Engine, file *os.File) (int64, error) {
	info, err := file.Stat()
	if err != nil {
		return 0, err
	}
	ends := make([]byte, 1024)
	n, err := file.ReadAt(ends, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	first := map[dialect.Engine]string{dialect.SQLite: "SQLite format 3\x00", dialect.PostgreSQL: "PGDMP"}[engine]
	switch {
	case first != "" && !bytes.HasPrefix(ends[:n], []byte(first)),
		first == "" && !bytes.Contains(ends[:n], []byte("-- MySQL dump")) && !bytes.Contains(ends[:n], []byte("-- MariaDB dump")):
		return 0, usagef("this is no backup that the tools of %s wrote: leave --native out for an archive of this product", engine)
	case first != "":
		return info.Size(), nil
	}
	n, err = file.ReadAt(ends, max(0, info.Size()-int64(len(ends))))
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	if at := strings.LastIndex(string(ends[:n]), "\n-- Dump completed"); at < 0 {
		return 0, errors.New("the backup is cut off, and nothing was written: its last line does not say that it is whole")
	}
	return info.Size(), nil
}
