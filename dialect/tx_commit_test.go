package dialect_test

import (
	"bytes"
	"context"
	"database/sql"
	"net/url"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// TestInTxSaysWhenTheOutcomeIsUnknown cuts the line at COMMIT. What InTx sees
// is the same whether the work was stored or not, so it must not do it again.
func TestInTxSaysWhenTheOutcomeIsUnknown(t *testing.T) {
	for name, deliver := range map[string]bool{"stored": true, "not stored": false} {
		t.Run(name, func(t *testing.T) {
			onServers(t, func(t *testing.T, env *enginetest.Env) {
				u, err := url.Parse(env.URL)
				require.NoError(t, err)
				l := newLine(t, u.Host, isCommit, deliver)
				plain := withParam("sslmode", "disable") // so that COMMIT can be seen
				db := rawDB(t, env, withHost(l.address), plain)
				counters(t, db)

				calls := 0
				l.cut.Store(true)
				err = dialect.InTx(t.Context(), db, func(ctx context.Context, tx bun.Tx) error {
					calls++
					return add(ctx, tx)
				})
				require.ErrorIs(t, err, dialect.ErrOutcomeUnknown)
				require.ErrorIs(t, err, dialect.ErrUnavailable)
				assert.NotErrorIs(t, err, dialect.ErrTransient)
				assert.Contains(t, err.Error(), "idempotency key")
				assert.Equal(t, 1, calls)
				stored := 0
				if deliver {
					stored = 1
				}
				assert.Equal(t, stored, counted(t, rawDB(t, env)))

				require.NoError(t, dialect.InTx(t.Context(), db, add), "the handle recovers")
				assert.Equal(t, stored+1, counted(t, db))
			})
		})
	}
}

// TestInTxSurvivesABrokenLine cuts the line at a statement before COMMIT: the
// server undoes the transaction, so that all of it can be run again.
func TestInTxSurvivesABrokenLine(t *testing.T) {
	onServers(t, func(t *testing.T, env *enginetest.Env) {
		const marked = `UPDATE counters SET n = n + 10 WHERE id = `
		works := map[string]func(ctx context.Context, tx bun.Tx) (sql.Result, error){
			"as text": func(ctx context.Context, tx bun.Tx) (sql.Result, error) { return tx.ExecContext(ctx, marked+`1`) },
		}
		if env.Engine == dialect.PostgreSQL {
			works["prepared"] = func(ctx context.Context, tx bun.Tx) (sql.Result, error) {
				return tx.Tx.ExecContext(ctx, marked+`$1`, pgx.QueryExecModeCacheStatement, 1)
			}
		}
		counters(t, env.DB)
		u, err := url.Parse(env.URL)
		require.NoError(t, err)
		for name, work := range works {
			t.Run(name, func(t *testing.T) {
				l := newLine(t, u.Host, func(packet []byte) bool {
					return bytes.Contains(packet, []byte(marked)) || bytes.Contains(packet, []byte("stmtcache_"))
				}, true)
				db := rawDB(t, env, withHost(l.address), withParam("sslmode", "disable"))
				db.SetMaxOpenConns(1)
				for round := range 2 { // the second time the statement is prepared
					execAll(t, env.DB, `UPDATE counters SET n = 0`)
					l.cut.Store(round == 1)
					calls := 0
					require.NoError(t, dialect.InTx(t.Context(), db, func(ctx context.Context, tx bun.Tx) error {
						calls++
						require.NoError(t, add(ctx, tx))
						_, err := work(ctx, tx)
						return err
					}))
					assert.Equal(t, round+1, calls)
					assert.Equal(t, 11, counted(t, db))
				}
			})
		}
	})
}

// TestInTxKilledBeforeCommit: the server ended the connection, but only COMMIT
// finds out. Nothing was stored, which the client cannot know.
func TestInTxKilledBeforeCommit(t *testing.T) {
	onServers(t, func(t *testing.T, env *enginetest.Env) {
		db := rawDB(t, env)
		counters(t, db)
		calls := 0
		err := dialect.InTx(t.Context(), db, func(ctx context.Context, tx bun.Tx) error {
			calls++
			require.NoError(t, add(ctx, tx))
			kill(t, env, session(t, env, tx))
			return nil
		})
		require.ErrorIs(t, err, dialect.ErrOutcomeUnknown)
		assert.Equal(t, 1, calls)
		assert.Equal(t, 0, counted(t, db))
	})
}

// TestInTxCommitRefused: an answer to COMMIT is an outcome. PostgreSQL checks
// deferred constraints there, and can fail there in any other way too.
func TestInTxCommitRefused(t *testing.T) {
	env := enginetest.NewEmpty(t, dialect.PostgreSQL)
	db := env.DB
	counters(t, db)
	execAll(t, db,
		`CREATE TABLE tickets (number integer CONSTRAINT tickets_number UNIQUE DEFERRABLE INITIALLY DEFERRED)`,
		`CREATE SEQUENCE attempts`,
		`CREATE FUNCTION fail_at_first() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			IF nextval('attempts') < 3 THEN RAISE EXCEPTION 'conflict' USING ERRCODE = '40001'; END IF;
			RETURN NULL; END $$`,
		`CREATE CONSTRAINT TRIGGER fail_at_first AFTER UPDATE ON counters
			DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fail_at_first()`)

	err := dialect.InTx(t.Context(), db, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO tickets VALUES (1), (1)`)
		return err
	})
	require.ErrorIs(t, err, dialect.ErrUnique)
	require.NotErrorIs(t, err, dialect.ErrOutcomeUnknown)

	calls := 0
	require.NoError(t, dialect.InTx(t.Context(), db, func(ctx context.Context, tx bun.Tx) error {
		calls++
		return add(ctx, tx)
	}))
	assert.Equal(t, 3, calls, "a transient refusal is retried")
	assert.Equal(t, 1, counted(t, db))
}

// TestInTxSwallowedError: PostgreSQL turns COMMIT into ROLLBACK after an error
// that the function passed over.
func TestInTxSwallowedError(t *testing.T) {
	env := enginetest.NewEmpty(t, dialect.PostgreSQL)
	for name, db := range map[string]*bun.DB{"ours": env.DB, "theirs": rawDB(t, env)} {
		t.Run(name, func(t *testing.T) {
			execAll(t, db, `DROP TABLE IF EXISTS counters`)
			counters(t, db)
			err := dialect.InTx(t.Context(), db, func(ctx context.Context, tx bun.Tx) error {
				require.NoError(t, add(ctx, tx))
				_ = failure(ctx, t, tx, `SELECT 1 / 0`)
				return nil
			})
			require.ErrorContains(t, err, "an earlier statement of this transaction failed")
			require.NotErrorIs(t, err, dialect.ErrOutcomeUnknown)
			assert.Equal(t, 0, counted(t, db))
		})
	}
}
