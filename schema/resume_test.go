package schema_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/schema"
)

// partly makes a table that lacks a column and a unique index, and has rows.
func partly(t testing.TB, db *bun.DB) {
	t.Helper()
	exec(t, db, `CREATE TABLE shares (owner varchar(50) NOT NULL, number bigint NOT NULL, PRIMARY KEY (owner, number))`,
		`INSERT INTO shares (owner, number) VALUES ('o', 1), ('o', 2)`)
}

func cutModels() []any { return []any{(*order)(nil), (*ranked)(nil)} }

// Wherever a push dies, before and after each of its statements, the next one goes on
// from there, and one undo takes back what both of them made.
func TestPushGoesOnFromAnyCut(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		partly(t, env.DB)
		before := snapshot(t, env.DB)
		careful := schema.Options{LargeTable: 1}
		planned, err := careful.Plan(t.Context(), env.DB, cutModels()...)
		require.NoError(t, err)
		online := 0
		for _, c := range planned.Changes {
			if c.Online {
				online++
			}
		}
		require.Equal(t, env.Engine != dialect.SQLite, online > 0)

		for cut := range 2 * len(planned.Changes) {
			require.Panics(t, func() {
				_, _ = careful.WithCuts(func(change int, after bool) error {
					if change == cut/2 && after == (cut%2 == 1) {
						panic("the process dies")
					}
					return nil
				}).Push(t.Context(), env.DB, cutModels()...)
			})
			made, err := careful.Push(t.Context(), env.DB, cutModels()...)
			require.NoError(t, err, "cut %d", cut)
			last := env.Engine != dialect.SQLite && cut == 2*len(planned.Changes)-1
			require.Equal(t, last, made.Push == 0, "cut %d: nothing is left to do after the last", cut)

			status, err := schema.Status(t.Context(), env.DB, cutModels()...)
			require.NoError(t, err)
			require.True(t, status.UpToDate, "cut %d: %s", cut, status.Text())
			require.Len(t, status.Pushes, 1, "cut %d", cut)
			require.Equal(t, schema.Done, status.Pushes[0].State)
			require.Len(t, status.Pushes[0].Changes, len(planned.Changes), "cut %d: %s", cut, status.Text())

			_, err = schema.Undo(t.Context(), env.DB, schema.UndoParams{})
			require.NoError(t, err, "cut %d", cut)
			require.Equal(t, before, snapshot(t, env.DB), "cut %d", cut)
		}
	})
}

// A push that died after its last statement is found whole, and the next one is another.
func TestAPushThatWasWholeIsNotGoneOnWith(t *testing.T) {
	env := enginetest.NewEmpty(t, dialect.MariaDB)
	require.Panics(t, func() {
		_, _ = schema.Options{}.WithCuts(func(_ int, after bool) error {
			if after {
				panic("the process dies")
			}
			return nil
		}).Push(t.Context(), env.DB, (*share)(nil))
	})
	made, err := schema.Push(t.Context(), env.DB, (*share)(nil), (*order)(nil))
	require.NoError(t, err)
	require.False(t, made.Resumed)
	require.EqualValues(t, 2, made.Push)
	_, err = schema.Undo(t.Context(), env.DB, schema.UndoParams{})
	require.NoError(t, err)
	planned, err := schema.Plan(t.Context(), env.DB, (*share)(nil))
	require.NoError(t, err)
	require.True(t, planned.UpToDate(), "the first one stands")
}

// What a push failed with is kept, and shown, where the engine keeps what it had made.
func TestAFailedPushIsSeen(t *testing.T) {
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		partly(t, env.DB)
		boom := errors.New("no disk left")
		made, err := schema.Options{LargeTable: 1}.WithCuts(func(change int, after bool) error {
			if change == 2 && !after {
				return boom
			}
			return nil
		}).Push(t.Context(), env.DB, cutModels()...)
		require.ErrorIs(t, err, boom)
		status, err := schema.Status(t.Context(), env.DB, cutModels()...)
		require.NoError(t, err)
		require.False(t, status.UpToDate)
		if !dialect.Of(env.DB).IsMySQL() {
			require.Empty(t, made.Changes)
			require.Empty(t, status.Pushes, "rolled back as a whole")
			return
		}
		require.Len(t, made.Changes, 2)
		require.Equal(t, schema.Unfinished, status.Pushes[0].State)
		require.Contains(t, status.Text(), boom.Error())
		undone, err := schema.Undo(t.Context(), env.DB, schema.UndoParams{})
		require.NoError(t, err)
		require.Len(t, undone.Statements, 3, "two changes and the record: %v", undone.Statements)
	})
}
