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

// reads are the prepared reads of the library's rows.
type reads struct{ balances, keys *sql.Stmt }

func prepareReads(ctx context.Context, db *sql.DB) (r reads, err error) {
	r.balances, err = db.PrepareContext(ctx, "SELECT balance, held_credits, debt_credits, total_credits FROM credits WHERE user_uuid = ?")
	if err == nil {
		r.keys, err = db.PrepareContext(ctx, "SELECT id, user_uuid, status FROM apikeys WHERE `key` = ?")
	}
	return r, err
}

func (r reads) balance(ctx context.Context, user string) error {
	var left, held, debt, total int64
	return r.balances.QueryRowContext(ctx, user).Scan(&left, &held, &debt, &total)
}

func (r reads) authenticate(ctx context.Context, hash string) error {
	var id int64
	var user, status string
	return r.keys.QueryRowContext(ctx, hash).Scan(&id, &user, &status)
}
