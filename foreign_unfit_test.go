package chameleon_test

import (
	"context"
	"database/sql"
	"errors"
	"reflect"
	"testing"

	mysqldriver "github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/mysqldialect"
	"github.com/uptrace/bun/dialect/pgdialect"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/dialect/mysql"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// TestEveryVerbChecksTheSession: in a session in which bun's quoting is not the
// server's, no verb sends a statement, whether it writes or only reads.
func TestEveryVerbChecksTheSession(t *testing.T) {
	onServers(t, func(t *testing.T, env *enginetest.Env) {
		db, setting := unfitHandle(t, env)
		sent := &sentQueries{}
		db = db.WithQueryHook(sent)
		tx, err := db.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		defer func() { _ = tx.Rollback() }()
		refused := 0
		for _, verb := range verbs() {
			f := reflect.ValueOf(verb)
			params := fill(reflect.New(f.Type().In(2)).Elem(), "0193a1c2-0000-7000-8000-000000000001")
			for _, on := range []bun.IDB{db, tx} {
				sent.queries = nil
				results := f.Call([]reflect.Value{reflect.ValueOf(t.Context()), reflect.ValueOf(on), params})
				err, _ := reflect.TypeAssert[error](results[len(results)-1])
				assert.ErrorIs(t, err, dialect.ErrInvalid, "%v on %T", f.Type().In(2), on)
				assert.Empty(t, sent.queries, "%v on %T", f.Type().In(2), on)
				if invalid, ok := errors.AsType[*dialect.InvalidError](err); ok && invalid.Field == setting {
					refused++
				}
			}
		}
		assert.Greater(t, refused, len(verbs()), "most params are accepted")
	})
}

// unfitHandle opens a handle as a team does, and returns the setting of its sessions
// that verbs refuse.
func unfitHandle(t *testing.T, env *enginetest.Env) (db *bun.DB, setting string) {
	t.Helper()
	if env.Engine == dialect.PostgreSQL {
		config, err := pgx.ParseConfig(env.URL)
		require.NoError(t, err)
		config.RuntimeParams["standard_conforming_strings"] = "off"
		db, setting = bun.NewDB(stdlib.OpenDB(*config), pgdialect.New()), "standard_conforming_strings"
	} else {
		parsed, err := mysql.ParseURL(env.URL)
		require.NoError(t, err)
		config := parsed.Conn()
		config.Params["sql_mode"] = "'STRICT_TRANS_TABLES,NO_BACKSLASH_ESCAPES'"
		connector, err := mysqldriver.NewConnector(config)
		require.NoError(t, err)
		db, setting = bun.NewDB(sql.OpenDB(connector), mysqldialect.New()), "sql_mode"
	}
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	return db, setting
}

// sentQueries records the queries that bun sends.
type sentQueries struct{ queries []string }

func (s *sentQueries) BeforeQuery(ctx context.Context, e *bun.QueryEvent) context.Context {
	s.queries = append(s.queries, e.Query)
	return ctx
}

func (*sentQueries) AfterQuery(context.Context, *bun.QueryEvent) {}
