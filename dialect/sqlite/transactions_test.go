package sqlite_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/dialect/handle"
)

func TestReadOnlyTransaction(t *testing.T) {
	db := open(t, file(t), handle.Settings{})
	require.NoError(t, db.RunInTx(t.Context(), &sql.TxOptions{ReadOnly: true}, func(ctx context.Context, tx bun.Tx) error {
		assert.Equal(t, 0, count(t, tx))
		exec(t, db, "INSERT INTO t (n) VALUES (1)") // is not in the way
		assert.Equal(t, 0, count(t, tx), "a snapshot")
		_, err := tx.ExecContext(ctx, "INSERT INTO t (n) VALUES (2)")
		require.ErrorIs(t, dialect.Classify(err), dialect.ErrPermission)
		return nil
	}))
	assert.Equal(t, 1, count(t, db))
}

func TestTransactionsByHand(t *testing.T) {
	db := open(t, file(t), handle.Settings{LockTimeout: 20 * time.Millisecond})
	conn, err := db.Conn(t.Context())
	require.NoError(t, err)
	for _, pair := range [][2]string{
		{"BEGIN IMMEDIATE", "ROLLBACK"}, {"BEGIN", "rollback;"}, {"SAVEPOINT a", "ROLLBACK"},
	} {
		exec(t, conn, pair[0])
		exec(t, conn, "INSERT INTO t (n) VALUES (1)")
		assert.Equal(t, 1, count(t, conn), pair[0])
		assert.Equal(t, 0, count(t, db))
		exec(t, conn, pair[1])
		assert.Equal(t, 0, count(t, conn), pair[0])
		exec(t, db, "DELETE FROM t") // the lock is free
	}
	exec(t, conn, "SAVEPOINT a")
	exec(t, conn, "INSERT INTO t (n) VALUES (1)")
	exec(t, conn, "SAVEPOINT b")
	exec(t, conn, "RELEASE b")
	assert.Equal(t, 0, count(t, db))
	exec(t, conn, "RELEASE SAVEPOINT a")
	assert.Equal(t, 1, count(t, db))
	exec(t, conn, "BEGIN; INSERT INTO t (n) VALUES (2); INSERT INTO t (n) VALUES (3)") // never committed
	assert.Equal(t, 1, count(t, db))
	exec(t, conn, "BEGIN; INSERT INTO t (n) VALUES (2); COMMIT")
	assert.Equal(t, 2, count(t, db))

	exec(t, conn, "BEGIN")
	exec(t, conn, "DELETE FROM t")
	require.NoError(t, conn.Close()) // rolls back
	assert.Equal(t, 2, count(t, db))
	exec(t, db, "DELETE FROM t")
}

func TestPreparedStatements(t *testing.T) {
	db := open(t, file(t), handle.Settings{})
	insert, err := db.PrepareContext(t.Context(), "INSERT INTO t (n) VALUES (?)")
	require.NoError(t, err)
	defer func() { assert.NoError(t, insert.Close()) }()
	query, err := db.DB.PrepareContext(t.Context(), "SELECT count(*) FROM t WHERE n = ?")
	require.NoError(t, err)
	defer func() { assert.NoError(t, query.Close()) }()
	for range 3 {
		_, err = insert.ExecContext(t.Context(), 7)
		require.NoError(t, err)
	}
	var n int
	require.NoError(t, query.QueryRowContext(t.Context(), 7).Scan(&n))
	assert.Equal(t, 3, n)
	_, err = db.PrepareContext(t.Context(), "SELEKT")
	require.Error(t, err)
}
