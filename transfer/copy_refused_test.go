package transfer_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/content"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/schema"
	"github.com/chameleon-go/chameleon/transfer"
)

// put performs a statement.
func put(t testing.TB, db *bun.DB, statement string) {
	t.Helper()
	_, err := db.ExecContext(t.Context(), statement)
	require.NoError(t, err, statement)
}

// feedbacks copies one table.
func feedbacks(t testing.TB, from, to *bun.DB, p transfer.CopyParams) (*transfer.CopyResult, error) {
	t.Helper()
	p.Models = content.Models()
	return transfer.Copy(t.Context(), from, to, p)
}

// What an engine cannot hold is refused by name, and what it can is kept.
func TestCopyOfWhatNotEveryEngineHolds(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"a NUL": "CAST(X'610062' AS TEXT)", "no UTF-8": "CAST(X'61ff62' AS TEXT)"} {
		source := enginetest.New(t, dialect.SQLite)
		put(t, source.DB, "INSERT INTO feedbacks (id, content) VALUES (7, "+text+")")
		for _, engine := range reached() {
			to := enginetest.NewEmpty(t, engine)
			_, err := feedbacks(t, source.DB, to.DB, transfer.CopyParams{})
			if engine == dialect.SQLite || dialect.Of(to.DB).IsMySQL() && name == "a NUL" {
				require.NoError(t, err, engine)
				var got []byte
				require.NoError(t, to.DB.NewRaw("SELECT content FROM feedbacks WHERE id = 7").Scan(t.Context(), &got))
				require.Len(t, got, 3)
				continue
			}
			var refused *transfer.ValueError
			require.ErrorAs(t, err, &refused, engine)
			require.Equal(t, "feedbacks", refused.Table)
			require.Equal(t, "content", refused.Column)
			require.Equal(t, "id 7", refused.Key)
			put(t, source.DB, "UPDATE feedbacks SET content = 'mended' WHERE id = 7")
			_, err = feedbacks(t, source.DB, to.DB, transfer.CopyParams{}) // goes on
			require.NoError(t, err)
			put(t, source.DB, "UPDATE feedbacks SET content = "+text+" WHERE id = 7")
		}
	}
}

func TestCopyRefusesParams(t *testing.T) {
	t.Parallel()
	from, to := enginetest.New(t, dialect.SQLite), enginetest.NewEmpty(t, dialect.SQLite)
	_, err := transfer.Copy(t.Context(), from.DB, to.DB, transfer.CopyParams{})
	require.ErrorIs(t, err, dialect.ErrInvalid)
	_, err = chameleon.Copy(t.Context(), from.DB, from.DB, transfer.CopyParams{})
	require.ErrorIs(t, err, dialect.ErrInvalid)
	_, err = chameleon.Copy(t.Context(), to.DB, from.DB, transfer.CopyParams{})
	require.ErrorIs(t, err, transfer.ErrSchema)
	_, err = chameleon.Backup(t.Context(), to.DB, &bytes.Buffer{}, transfer.BackupParams{})
	require.ErrorIs(t, err, transfer.ErrSchema)
}

// A target's own rows are kept unless it is said otherwise, also those that came while
// a copy was open.
func TestCopyOntoRows(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, to *enginetest.Env) {
		from := enginetest.New(t, dialect.SQLite)
		put(t, from.DB, "INSERT INTO feedbacks (id, content) VALUES (1, 'a'), (2, NULL), (3, ''), (9223372036854775807, 'last')")
		put(t, to.DB, "INSERT INTO feedbacks (id, content) VALUES (2, 'b'), (4, 'd')")
		var refused *transfer.NotEmptyError
		_, err := feedbacks(t, from.DB, to.DB, transfer.CopyParams{})
		require.ErrorAs(t, err, &refused)
		require.Equal(t, []transfer.TableRows{{Table: "feedbacks", Rows: 2}}, refused.Tables)

		result, err := feedbacks(t, from.DB, to.DB, transfer.CopyParams{Replace: true, Live: true})
		require.NoError(t, err)
		require.EqualValues(t, 4, written(result, "feedbacks"))
		put(t, to.DB, "INSERT INTO feedbacks (id, content) VALUES (5, 'the application, on the target too early')")
		_, err = feedbacks(t, from.DB, to.DB, transfer.CopyParams{})
		require.ErrorAs(t, err, &refused)
		require.Equal(t, []transfer.TableRows{{Table: "feedbacks", Rows: 5, Copied: 4}}, refused.Tables)
		_, err = feedbacks(t, from.DB, to.DB, transfer.CopyParams{Replace: true})
		require.NoError(t, err)
		require.Equal(t, dump(t, from.DB)["feedbacks"], dump(t, to.DB)["feedbacks"])
	})
}

// Columns of another program's are kept where the target has them, JSON by its value,
// and else told of. The database may number rows whatever an INSERT says.
func TestCopyOfAdoptedColumns(t *testing.T) {
	t.Parallel()
	enginetest.RunEmpty(t, func(t *testing.T, to *enginetest.Env) {
		from := enginetest.New(t, dialect.SQLite)
		for _, name := range []string{"tag", "extra", "secret"} {
			put(t, from.DB, "ALTER TABLE feedbacks ADD COLUMN "+name+" text")
		}
		put(t, from.DB, `INSERT INTO feedbacks (id, tag, extra, secret) VALUES (3, 'kept ☺', '{"b": [1.50, 2e2], "a":null}', 'left')`)
		numbered, at, json := "integer PRIMARY KEY AUTOINCREMENT", "timestamp", "text"
		switch {
		case to.Engine == dialect.PostgreSQL:
			numbered, json = "integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY", "jsonb"
		case to.Engine != dialect.SQLite:
			numbered, at, json = "int PRIMARY KEY AUTO_INCREMENT", "datetime(6)", "json"
		}
		put(t, to.DB, "CREATE TABLE feedbacks (id "+numbered+", user_uuid varchar(255), content text, rating integer, created_at "+
			at+", tag varchar(255), extra "+json+")")
		result, err := feedbacks(t, from.DB, to.DB, transfer.CopyParams{Live: true})
		require.NoError(t, err)
		require.Equal(t, []transfer.LeftColumn{{Table: "feedbacks", Column: "secret", Type: "text"}}, result.Left)
		var tag string
		require.NoError(t, to.DB.NewRaw("SELECT tag FROM feedbacks WHERE id = 3").Scan(t.Context(), &tag))
		require.Equal(t, "kept ☺", tag)
		result, err = feedbacks(t, from.DB, to.DB, transfer.CopyParams{})
		require.NoError(t, err)
		require.Zero(t, written(result, "feedbacks"), "the JSON is the same")
		put(t, to.DB, "INSERT INTO feedbacks (rating) VALUES (NULL)")
	})
}

// Tables laid out for shards and those that are not are copied to each other.
func TestCopyOfShardedTables(t *testing.T) {
	t.Parallel()
	enginetest.RunSharded(t, func(t *testing.T, sharded *enginetest.Env) {
		from, to := enginetest.New(t, dialect.SQLite), enginetest.NewEmpty(t, dialect.SQLite)
		fill(t, from.DB, 12)
		p := transfer.CopyParams{Layout: schema.Options{Sharded: true}, Live: true}
		for range 2 { // is filled, and compared
			_, err := chameleon.Copy(t.Context(), from.DB, sharded.DB, p)
			require.NoError(t, err)
		}
		requireSame(t, dump(t, from.DB), dump(t, sharded.DB))
		_, err := chameleon.Copy(t.Context(), sharded.DB, to.DB, transfer.CopyParams{})
		require.NoError(t, err)
		requireSame(t, dump(t, from.DB), dump(t, to.DB))
	})
}

// A restore that is cancelled at any of its statements leaves no row.
func TestRestoreLeavesNothingAfterACrash(t *testing.T) {
	t.Parallel()
	source := enginetest.New(t, dialect.SQLite)
	fill(t, source.DB, 12)
	held, want := archive(t, source), dump(t, source.DB)
	enginetest.RunEmpty(t, func(t *testing.T, to *enginetest.Env) {
		db := to.DB.WithQueryHook(enginetest.Crasher{})
		for n := int64(1); ; n += 17 {
			reached, err := enginetest.Crash(t.Context(), n, func(ctx context.Context) error {
				_, err := chameleon.Restore(ctx, db, bytes.NewReader(held), transfer.RestoreParams{NoAudit: true})
				return err
			})
			if !reached {
				require.NoError(t, err)
				break
			}
			require.Error(t, err)
			if _, err := schema.Push(t.Context(), to.DB, credits.Models()...); err == nil {
				rows, err := to.DB.NewSelect().Model((*credits.Entry)(nil)).Count(t.Context())
				require.NoError(t, err)
				require.Zero(t, rows)
			}
		}
		requireSame(t, want, dump(t, to.DB))
	})
}
