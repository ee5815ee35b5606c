package main

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// postgresFloor sends one prepared statement through pgx's own pool.
type postgresFloor struct{ pool *pgxpool.Pool }

func openPostgres(ctx context.Context, at string, conns int) (*postgresFloor, error) {
	config, err := pgxpool.ParseConfig(at)
	if err != nil {
		return nil, errors.New("the server's URL cannot be parsed")
	}
	config.MaxConns = int32(conns) //nolint:gosec // a number of connections
	pool, err := pgxpool.NewWithConfig(ctx, config)
	return &postgresFloor{pool}, err
}

func (f *postgresFloor) prepare(ctx context.Context, users []string) error {
	_, err := f.pool.Exec(ctx, `CREATE TABLE floor_acct (user_uuid varchar(255) PRIMARY KEY, left_credits bigint NOT NULL);
CREATE TABLE floor_entry (id bigserial PRIMARY KEY, user_uuid varchar(255) NOT NULL, k varchar(255) NOT NULL, credits bigint NOT NULL,
	balance bigint NOT NULL, created_at timestamptz NOT NULL, UNIQUE (user_uuid, k));
CREATE TABLE floor_gen (id bigserial PRIMARY KEY, gen_id varchar(255) NOT NULL UNIQUE, user_uuid varchar(255) NOT NULL,
	ai_type varchar(50) NOT NULL, provider varchar(50) NOT NULL, model varchar(255), prompt text, status varchar(50) NOT NULL,
	cost bigint NOT NULL, created_at timestamptz NOT NULL);
CREATE INDEX ON floor_gen (user_uuid, created_at);`)
	if err != nil {
		return err
	}
	_, err = f.pool.CopyFrom(ctx, pgx.Identifier{"floor_acct"}, []string{"user_uuid", "left_credits"},
		pgx.CopyFromSlice(len(users), func(i int) ([]any, error) { return []any{users[i], int64(wealth)}, nil }))
	return err
}

const (
	postgresTake  = `WITH a AS (UPDATE floor_acct SET left_credits = left_credits - $2 WHERE user_uuid = $1 AND left_credits >= $2 RETURNING left_credits)`
	postgresEntry = ` INSERT INTO floor_entry (user_uuid, k, credits, balance, created_at) SELECT $1, $3, -$2::bigint, left_credits, $4 FROM a RETURNING balance`
	postgresGen   = `, g AS (INSERT INTO floor_gen (gen_id, user_uuid, ai_type, provider, model, prompt, status, cost, created_at)
	SELECT $5, $1, 'image', 'openai', 'dall-e-3', $6, 'pending', $2, $4 FROM a)`
)

func (f *postgresFloor) charge(ctx context.Context, user, key, gen string) error {
	text, args := postgresTake+postgresEntry, []any{user, int64(1), key, now()}
	if gen != "" {
		text, args = postgresTake+postgresGen+postgresEntry, append(args, gen, prompt)
	}
	var balance int64
	return f.pool.QueryRow(ctx, text, args...).Scan(&balance)
}

func (f *postgresFloor) read(ctx context.Context, query, arg string) error {
	query = strings.NewReplacer("?", "$1", "{key}", "key").Replace(query)
	found, err := f.pool.Query(ctx, query, arg)
	if err != nil {
		return err
	}
	defer found.Close()
	for found.Next() {
		if _, err := found.Values(); err != nil {
			return err
		}
	}
	return found.Err()
}

func (f *postgresFloor) close() error {
	f.pool.Close()
	return nil
}
