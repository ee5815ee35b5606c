package enginetest

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/dialect"
)

// Live makes a database as Drizzle makes it, with rows of the original application,
// and pushes this module's schema over it. SQLite, which the original does not know,
// gets the rows in tables of ours. The caller is a package at the top of the module.
func Live(t testing.TB, engine dialect.Engine) *Env {
	t.Helper()
	env := NewEmpty(t, engine)
	family := "postgres"
	if dialect.Of(env.DB).IsMySQL() {
		family = "mysql"
	}
	if engine == dialect.SQLite {
		_, err := chameleon.Push(t.Context(), env.DB)
		require.NoError(t, err)
	} else {
		script(t, env.DB, family+".sql", "--> statement-breakpoint")
	}
	script(t, env.DB, family+"-data.sql", ";\n")
	_, err := chameleon.Push(t.Context(), env.DB)
	require.NoError(t, err)
	return env
}

// RunLive runs fn on every engine, in a database that [Live] made.
func RunLive(t *testing.T, fn func(t *testing.T, env *Env)) {
	t.Helper()
	onEach(t, Live, fn)
}

// script runs the statements of a file of testdata/drizzle in one transaction.
func script(t testing.TB, db *bun.DB, name, separator string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "testdata", "drizzle", name)) // beside the caller's package
	require.NoError(t, err)
	require.NoError(t, db.RunInTx(t.Context(), nil, func(ctx context.Context, tx bun.Tx) error {
		for statement := range strings.SplitSeq(string(text), separator) {
			if statement = strings.TrimSpace(statement); statement == "" {
				continue
			}
			if _, err := tx.Tx.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	}))
}
