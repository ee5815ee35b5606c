package dialect_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// counters makes two rows to fight over.
func counters(t *testing.T, db *bun.DB) {
	t.Helper()
	execAll(t, db,
		`CREATE TABLE counters (id integer NOT NULL PRIMARY KEY, n integer NOT NULL)`,
		`INSERT INTO counters VALUES (1, 0), (2, 0)`)
}

// beginRaw opens a transaction that ends with the test.
func beginRaw(t *testing.T, db *bun.DB, statements ...string) bun.Tx {
	t.Helper()
	tx, err := db.BeginTx(context.WithoutCancel(t.Context()), nil)
	require.NoError(t, err)
	t.Cleanup(func() { _ = tx.Rollback() })
	execAll(t, tx, statements...)
	return tx
}

func TestProvokeDeadlock(t *testing.T) {
	onServers(t, func(t *testing.T, env *enginetest.Env) {
		db := rawDB(t, env)
		counters(t, db)
		lock := [...]string{`UPDATE counters SET n = n + 1 WHERE id = 1`, `UPDATE counters SET n = n + 1 WHERE id = 2`}
		a, b := beginRaw(t, db, lock[0]), beginRaw(t, db, lock[1])
		results := make(chan error, 2)
		cross := func(tx bun.Tx, statement string) {
			_, err := tx.ExecContext(t.Context(), statement)
			if err != nil {
				_ = tx.Rollback() // lets the other one through
			}
			results <- err
		}
		go cross(a, lock[1])
		go cross(b, lock[0])
		victim, survivor := <-results, <-results
		if victim == nil {
			victim, survivor = survivor, victim
		}
		require.NoError(t, survivor, "only one is sacrificed")
		e := explained(t, dialect.KindTransient, victim)
		assert.Contains(t, []string{"40P01", "1213"}, e.Code)
	})
}

func TestProvokeLockTimeout(t *testing.T) {
	onServers(t, func(t *testing.T, env *enginetest.Env) {
		db := rawDB(t, env)
		counters(t, db)
		beginRaw(t, db, `UPDATE counters SET n = 1 WHERE id = 1`)
		limit := `SET LOCAL lock_timeout = '50ms'`
		if isMySQL(env) {
			limit = `SET innodb_lock_wait_timeout = 1`
		}
		waiting := beginRaw(t, db, limit)
		err := failure(t.Context(), t, waiting, `SELECT n FROM counters WHERE id = 1 FOR UPDATE`)
		e := explained(t, dialect.KindTransient, err)
		assert.Contains(t, []string{"55P03", "1205"}, e.Code)

		err = failure(t.Context(), t, beginRaw(t, db), `SELECT n FROM counters WHERE id = 1 FOR UPDATE NOWAIT`)
		e = explained(t, dialect.KindTransient, err)
		assert.Contains(t, []string{"55P03", "3572", "1205"}, e.Code)
	})
}

// TestProvokeSerializationFailure needs PostgreSQL: MySQL waits instead, and
// SQLite's is below.
func TestProvokeSerializationFailure(t *testing.T) {
	db := rawDB(t, enginetest.NewEmpty(t, dialect.PostgreSQL))
	counters(t, db)
	late := beginRaw(t, db, `SET TRANSACTION ISOLATION LEVEL REPEATABLE READ`, `SELECT n FROM counters`)
	execAll(t, db, `UPDATE counters SET n = 1 WHERE id = 1`)
	err := failure(t.Context(), t, late, `UPDATE counters SET n = 2 WHERE id = 1`)
	assert.Equal(t, "40001", explained(t, dialect.KindTransient, err).Code)

	err = failure(t.Context(), t, late, `SELECT 1`)
	assert.Equal(t, "25P02", explained(t, dialect.KindOther, err).Code)
}

func TestProvokeSQLiteBusy(t *testing.T) {
	path := filepath.Join(t.TempDir(), "busy.db")
	db := rawSQLite(t, path, "_pragma=journal_mode(WAL)")
	counters(t, db)

	late := beginRaw(t, db, `SELECT n FROM counters`)
	writer := beginRaw(t, db, `UPDATE counters SET n = 1 WHERE id = 1`)
	err := failure(t.Context(), t, beginRaw(t, db), `UPDATE counters SET n = 2 WHERE id = 1`)
	assert.Equal(t, "5", explained(t, dialect.KindTransient, err).Code)

	require.NoError(t, writer.Commit())
	err = failure(t.Context(), t, late, `UPDATE counters SET n = 2 WHERE id = 1`)
	assert.Equal(t, "517", explained(t, dialect.KindTransient, err).Code, "the snapshot is stale")
}
