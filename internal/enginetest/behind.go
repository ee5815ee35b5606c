package enginetest

import (
	"database/sql"
	"errors"
	"testing"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// BehindSnapshots performs every act for a user who is there in a REPEATABLE
// READ transaction, after others have changed every row of the database since
// its first read. On MySQL and MariaDB that makes no difference. PostgreSQL
// refuses to lock such a row, and the act says that the transaction is to be run
// again, and nothing else.
func (s Strangers) BehindSnapshots(t *testing.T, env *Env) {
	t.Helper()
	db := env.DB
	s.Found(t.Context(), t, db, stranger(0, subject))
	touch := touchers(t, env)
	for _, act := range s.Existing {
		inTx(t, db, sql.LevelRepeatableRead, func(tx bun.Tx) {
			var n int
			if err := tx.NewRaw("SELECT COUNT(*) FROM users").Scan(t.Context(), &n); err != nil {
				t.Fatal(err)
			}
			for _, statement := range touch {
				if _, err := db.ExecContext(t.Context(), statement); err != nil {
					t.Fatal(err)
				}
			}
			err := act.Run(t.Context(), tx, stranger(0, subject))
			if env.Engine == dialect.PostgreSQL && errors.Is(err, dialect.ErrTransient) {
				return
			}
			if err != nil {
				t.Errorf("%s: %v", act.Name, err)
			}
		})
	}
}

// touchers give every table a column of their own and return the statements that
// change it in every row.
func touchers(t *testing.T, env *Env) []string {
	t.Helper()
	schema := "DATABASE()"
	if env.Engine == dialect.PostgreSQL {
		schema = "current_schema()"
	}
	var tables []string
	err := env.DB.NewRaw("SELECT table_name FROM information_schema.tables WHERE table_schema = "+schema).
		Scan(t.Context(), &tables)
	if err != nil || len(tables) == 0 {
		t.Fatalf("%d tables: %v", len(tables), err)
	}
	statements := make([]string, len(tables))
	for i, table := range tables {
		if _, err := env.DB.ExecContext(t.Context(), "ALTER TABLE "+table+" ADD COLUMN touched int NOT NULL DEFAULT 0"); err != nil {
			t.Fatal(err)
		}
		statements[i] = "UPDATE " + table + " SET touched = touched + 1"
	}
	return statements
}
