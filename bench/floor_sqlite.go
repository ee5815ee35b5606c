package main

import (
	"context"
	"database/sql"
	"strings"

	_ "modernc.org/sqlite" // the driver that the library's handle has, too
)

// sqliteFloor has three prepared statements in one IMMEDIATE transaction.
type sqliteFloor struct {
	reads

	db               *sql.DB
	take, gen, entry *sql.Stmt
}

func openSQLite(at string, conns int) (*sqliteFloor, error) {
	db, err := sql.Open("sqlite", "file:"+strings.TrimPrefix(at, "sqlite://")+
		"?_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(10000)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return &sqliteFloor{db: db}, nil
}

func (f *sqliteFloor) prepare(ctx context.Context, users []string) error {
	err := prepareSQL(ctx, f.db, sqlTables("integer PRIMARY KEY", "text"), users)
	if err != nil {
		return err
	}
	for text, statement := range map[string]**sql.Stmt{
		"UPDATE floor_acct SET left_credits = left_credits - ? WHERE user_uuid = ? AND left_credits >= ? RETURNING left_credits": &f.take,
		`INSERT INTO floor_gen (gen_id, user_uuid, ai_type, provider, model, prompt, status, cost, created_at)
			VALUES (?, ?, 'image', 'openai', 'dall-e-3', ?, 'pending', ?, ?)`: &f.gen,
		"INSERT INTO floor_entry (user_uuid, k, credits, balance, created_at) VALUES (?, ?, ?, ?, ?)": &f.entry,
	} {
		if *statement, err = f.db.PrepareContext(ctx, text); err != nil { //nolint:sqlclosecheck // for as long as the handle
			return err
		}
	}
	f.reads, err = prepareReads(ctx, f.db)
	return err
}

func (f *sqliteFloor) charge(ctx context.Context, user, key, gen string) error {
	tx, err := f.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // closes what StmtContext makes
	var left int64
	if err := tx.StmtContext(ctx, f.take).QueryRowContext(ctx, 1, user, 1).Scan(&left); err != nil { //nolint:sqlclosecheck // ends with the transaction
		return err
	}
	at := now().Format("2006-01-02 15:04:05.000000")
	if gen != "" {
		if _, err := tx.StmtContext(ctx, f.gen).ExecContext(ctx, gen, user, prompt, 1, at); err != nil { //nolint:sqlclosecheck // ends with the transaction
			return err
		}
	}
	if _, err := tx.StmtContext(ctx, f.entry).ExecContext(ctx, user, key, -1, left, at); err != nil { //nolint:sqlclosecheck // ends with the transaction
		return err
	}
	return tx.Commit()
}

func (f *sqliteFloor) close() error { return f.db.Close() }
