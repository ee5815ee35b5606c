package transfer_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/transfer"
	"github.com/chameleon-go/chameleon/users"
)

// Writers go on while a copy runs, and stop before it is caught up with.
func TestCopyWhileWritersGoOn(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, from *enginetest.Env) {
		w := writers{db: from.DB}
		w.first(t)
		to := enginetest.NewEmpty(t, dialect.SQLite)
		for round := range 3 {
			stop := w.start(t, round)
			result, err := chameleon.Copy(t.Context(), from.DB, to.DB, transfer.CopyParams{Live: true, NoAudit: round == 1})
			stop()
			require.NoError(t, err)
			require.True(t, result.Open)
			require.True(t, result.OK(), result)
		}
		w.rest(t)
		result, err := chameleon.Copy(t.Context(), from.DB, to.DB, transfer.CopyParams{Quick: true})
		require.NoError(t, err)
		require.False(t, result.Open)
		require.True(t, result.OK(), result)
		require.NotZero(t, written(result, "credits_trans"))
		requireSame(t, dump(t, from.DB), dump(t, to.DB))

		_, err = chameleon.Copy(t.Context(), from.DB, to.DB, transfer.CopyParams{})
		require.ErrorIs(t, err, transfer.ErrNotEmpty, "a copy that has ended is the target's own")
	})
}

func written(r *transfer.CopyResult, table string) int64 {
	for _, t := range r.Tables {
		if t.Table == table {
			return t.Written
		}
	}
	return -1
}

// writers change rows of all kinds.
type writers struct{ db *bun.DB }

// start has accounts charged until the function that it returns is called.
func (w writers) start(t *testing.T, round int) (stop func()) {
	t.Helper()
	done := make(chan struct{})
	var wg sync.WaitGroup
	for i := range 2 {
		wg.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-done:
					return
				default:
				}
				_, err := credits.Charge(context.WithoutCancel(t.Context()), w.db, credits.ChargeParams{
					UserUUID: fmt.Sprintf("u%d", (n+i)%8), Amount: 1, Key: fmt.Sprintf("charge:%d:%d:%d", round, i, n),
				})
				if err != nil {
					t.Errorf("charge: %v", err)
					return
				}
			}
		})
	}
	return func() { close(done); wg.Wait() }
}

// first makes rows that rest changes.
func (w writers) first(t *testing.T) {
	t.Helper()
	for i := range 8 {
		user := fmt.Sprintf("u%d", i)
		_, err := credits.Grant(t.Context(), w.db, credits.GrantParams{
			UserUUID: user, Amount: 1_000_000, Key: "first", Type: credits.TypeSystemAdd, Metadata: map[string]any{"by": user},
		})
		require.NoError(t, err)
	}
	for i := range 3 {
		_, err := users.Create(t.Context(), w.db, users.CreateParams{UserUUID: w.user(i), Email: fmt.Sprintf("%d@example.com", i)})
		require.NoError(t, err)
		w.exec(t, "INSERT INTO feedbacks (content, rating) VALUES (?, 5)", fmt.Sprint(i))
	}
}

func (writers) user(i int) string { return fmt.Sprintf("00000000-0000-7000-8000-00000000000%d", i) }

// rest makes the changes that a catch-up has to find: rows that came, changed and
// went, a row below others that were copied, a unique value that moved from one row
// to another, and history that was redacted.
func (w writers) rest(t *testing.T) {
	t.Helper()
	w.exec(t, "UPDATE users SET email = 'x' WHERE uuid = ?", w.user(0))
	w.exec(t, "UPDATE users SET email = '0@example.com' WHERE uuid = ?", w.user(1))
	w.exec(t, "UPDATE users SET email = '1@example.com' WHERE uuid = ?", w.user(0))
	w.exec(t, "DELETE FROM feedbacks WHERE content = '1'")
	w.exec(t, "INSERT INTO feedbacks (content) VALUES ('')")
	_, err := credits.Redact(t.Context(), w.db, credits.RedactParams{UserUUID: "u3"})
	require.NoError(t, err)
	_, err = credits.Charge(t.Context(), w.db, credits.ChargeParams{UserUUID: "u1", Amount: 1, Key: "last"})
	require.NoError(t, err)
	// A row that was numbered before all others, and committed after them.
	w.exec(t, "INSERT INTO credits_trans (id, user_uuid, trans_type, credits) VALUES (-7, 'stranger', 'system_add', 5)")
}

func (w writers) exec(t *testing.T, query string, args ...any) {
	t.Helper()
	_, err := w.db.ExecContext(t.Context(), query, args...)
	require.NoError(t, err)
}
