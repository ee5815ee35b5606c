package main

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// sqlTables are the floor's tables on MySQL, MariaDB and SQLite, one statement each.
func sqlTables(serial, at string) []string {
	return []string{
		"CREATE TABLE floor_acct (user_uuid varchar(255) PRIMARY KEY, left_credits bigint NOT NULL)",
		fmt.Sprintf(`CREATE TABLE floor_entry (id %s, user_uuid varchar(255) NOT NULL, k varchar(255) NOT NULL, credits bigint NOT NULL,
			balance bigint NOT NULL, created_at %s NOT NULL, UNIQUE (user_uuid, k))`, serial, at),
		fmt.Sprintf(`CREATE TABLE floor_gen (id %s, gen_id varchar(255) NOT NULL UNIQUE, user_uuid varchar(255) NOT NULL,
			ai_type varchar(50) NOT NULL, provider varchar(50) NOT NULL, model varchar(255), prompt text, status varchar(50) NOT NULL,
			cost bigint NOT NULL, created_at %s NOT NULL)`, serial, at),
		"CREATE INDEX floor_gen_user ON floor_gen (user_uuid, created_at)",
	}
}

// prepareSQL makes and fills them.
func prepareSQL(ctx context.Context, db *sql.DB, tables, users []string) error {
	for _, statement := range tables {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	for start := 0; start < len(users); start += 500 {
		some := users[start:min(start+500, len(users))]
		args := make([]any, 0, 2*len(some))
		for _, user := range some {
			args = append(args, user, int64(wealth))
		}
		statement := "INSERT INTO floor_acct VALUES " + strings.Repeat("(?, ?), ", len(some)-1) + "(?, ?)" //nolint:gosec // placeholders
		if _, err := db.ExecContext(ctx, statement, args...); err != nil {
			return err
		}
	}
	return nil
}

// reads are the prepared reads of the library's rows, by their texts.
type reads map[string]*sql.Stmt

func prepareReads(ctx context.Context, db *sql.DB) (reads, error) {
	r := reads{}
	for _, query := range queries() {
		prepared, err := db.PrepareContext(ctx, strings.ReplaceAll(query, "{key}", "`key`")) //nolint:sqlclosecheck // for as long as the handle
		if err != nil {
			return nil, err
		}
		r[query] = prepared
	}
	return r, nil
}

func (r reads) read(ctx context.Context, query, arg string) error {
	found, err := r[query].QueryContext(ctx, arg)
	if err != nil {
		return err
	}
	defer func() { _ = found.Close() }()
	columns, err := found.Columns()
	if err != nil {
		return err
	}
	values, targets := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		targets[i] = &values[i]
	}
	for found.Next() {
		if err := found.Scan(targets...); err != nil {
			return err
		}
	}
	return found.Err()
}
