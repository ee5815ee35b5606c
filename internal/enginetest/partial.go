package enginetest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/dialect"
)

// Ledger are the ledger's tables: they are one part, because one commit writes
// them.
var Ledger = []string{"credits", "credits_trans", "credits_lots", "credits_holds"}

// Partial tries what a composing verb does after commits that were partial: as
// if its parts stood on several databases, of which some lost their commit.
type Partial struct {
	// Parts are the tables that lose a commit together, by name.
	Parts map[string][]string
	// Kept are parts that are not lost.
	Kept []string
	// Earlier, when set, is what happened between what a lost part falls back to
	// and the verb.
	Earlier func(ctx context.Context, db bun.IDB) error
	// Do is the verb, with the same params each time. It returns what it mended
	// and whether it was a replay.
	Do func(ctx context.Context, db bun.IDB) (mended []credits.Part, replayed bool, err error)
	// Same is what else a repeated call may leave otherwise, as table.column.
	Same []string
}

// Run performs the verb, loses each set of its parts (all of them only where
// something happened earlier that is lost, too), performs it again, and requires what is there without a fault.
func (p Partial) Run(t *testing.T, db *bun.DB) {
	t.Helper()
	ctx := context.Background()
	names := slices.Sorted(maps.Keys(p.Parts))
	losable := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(p.Kept, name) })
	p.copyTables(t, db, "before")
	if p.Earlier != nil {
		require.NoError(t, p.Earlier(ctx, db))
	}
	_, _, err := p.Do(ctx, db)
	require.NoError(t, err)
	p.copyTables(t, db, "after")
	want := p.dump(t, db)
	sets := 1<<len(losable) - 1
	if p.Earlier != nil {
		sets++
	}
	for set := range sets {
		var lost []string
		for i, name := range losable {
			if set&(1<<i) != 0 {
				lost = append(lost, name)
			}
		}
		for _, callers := range []bool{false, true} {
			what := fmt.Sprintf("lost: %v, caller's transaction: %v", lost, callers)
			p.lose(t, db, lost)
			changed := !equal(want, p.dump(t, db))

			mended, replayed, err := p.call(ctx, db, callers)
			require.NoError(t, err, what)
			require.Equal(t, want, p.dump(t, db), what)
			require.Equal(t, changed, len(mended) > 0, "%s: mended %v", what, mended)
			require.Equal(t, !changed, replayed, what)

			mended, replayed, err = p.call(ctx, db, callers)
			require.NoError(t, err, what)
			require.Empty(t, mended, what)
			require.True(t, replayed, what)
			require.Equal(t, want, p.dump(t, db), what)
		}
		report, err := audit.Verify(ctx, db, audit.VerifyParams{})
		require.NoError(t, err, "lost: %v", lost)
		require.Empty(t, report.Breaches, "lost: %v", lost)
	}
}

// call performs the verb, alone or in a caller's transaction.
func (p Partial) call(ctx context.Context, db *bun.DB, callers bool) (mended []credits.Part, replayed bool, err error) {
	if !callers {
		return p.Do(ctx, db)
	}
	err = db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		mended, replayed, err = p.Do(ctx, tx)
		return err
	})
	return mended, replayed, err
}

// copyTables keeps the parts as they are under a name.
func (p Partial) copyTables(t *testing.T, db *bun.DB, name string) {
	t.Helper()
	for _, tables := range p.Parts {
		for _, table := range tables {
			kept := bun.Ident(name + "_" + table)
			copied := []string{"CREATE TABLE ? AS SELECT * FROM ?"} // all columns, whatever they are
			if dialect.Of(db).IsTiDB() {                            // which has no CREATE TABLE … SELECT
				copied = []string{"CREATE TABLE ? LIKE ?", "INSERT INTO ? SELECT * FROM ?"}
			}
			for _, statement := range copied {
				_, err := db.Exec(statement, kept, bun.Ident(table))
				require.NoError(t, err)
			}
		}
	}
}

// lose makes the lost parts what they were before, and the others what they were
// after, by one commit: a test waits for commits more than for rows.
func (p Partial) lose(t *testing.T, db *bun.DB, lost []string) {
	t.Helper()
	err := db.RunInTx(context.Background(), nil, func(ctx context.Context, tx bun.Tx) error {
		for part, tables := range p.Parts {
			name := "after_"
			if slices.Contains(lost, part) {
				name = "before_"
			}
			for _, table := range tables {
				if _, err := tx.ExecContext(ctx, "DELETE FROM ?", bun.Ident(table)); err != nil {
					return err
				}
				_, err := tx.ExecContext(ctx, "INSERT INTO ? SELECT * FROM ?", bun.Ident(table), bun.Ident(name+table)) //nolint:unqueryvet // all columns, whatever they are
				if err != nil {
					return err
				}
			}
		}
		return nil
	})
	require.NoError(t, err)
}

// dump reads the parts, without what names rows in one database only.
func (p Partial) dump(t *testing.T, db *bun.DB) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for _, tables := range p.Parts {
		for _, table := range tables {
			var rows []map[string]any
			err := db.NewRaw("SELECT * FROM ?", bun.Ident(table)).Scan(context.Background(), &rows) //nolint:unqueryvet // as above
			require.NoError(t, err)
			lines := make([]string, len(rows))
			for i, row := range rows {
				lines[i] = p.line(table, row)
			}
			slices.Sort(lines)
			out[table] = lines
		}
	}
	return out
}

// passing are columns whose values are new each time: what names a row in one
// database, which connection wrote it, and salts with the hashes over them, which
// Verify proves.
var passing = []string{"id", "call_id", "metadata_salt", "hash", "op_hash", "head_hash"}

func (p Partial) line(table string, row map[string]any) string {
	var b strings.Builder
	for _, column := range slices.Sorted(maps.Keys(row)) {
		value := row[column]
		if value == nil || slices.Contains(passing, column) || slices.Contains(p.Same, table+"."+column) {
			continue
		}
		switch v := value.(type) {
		case []byte:
			value = string(v)
		case time.Time:
			value = v.UTC().Format(time.RFC3339Nano)
		}
		fmt.Fprintf(&b, "%s=%v ", column, value)
	}
	return b.String()
}

func equal(a, b map[string][]string) bool {
	return maps.EqualFunc(a, b, slices.Equal)
}
