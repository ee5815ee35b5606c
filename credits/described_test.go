package credits_test

import (
	"database/sql"
	"fmt"
	"maps"
	"testing"

	mysqldriver "github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/mysqldialect"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/schema"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/dialect/mysql"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/internal/wire"
)

// ownHandle opens a handle as a team does, with what a session is to be set to.
// Stated false leaves bun's dialect as it is.
func ownHandle(t testing.TB, env *enginetest.Env, url string, stated bool, settings map[string]string) *bun.DB {
	t.Helper()
	var sqldb *sql.DB
	var d schema.Dialect
	c := dialect.Capabilities{Engine: env.Engine}
	if env.Engine == dialect.PostgreSQL {
		config, err := pgx.ParseConfig(url)
		require.NoError(t, err)
		maps.Copy(config.RuntimeParams, settings)
		sqldb, d = stdlib.OpenDB(*config), pgdialect.New()
	} else {
		parsed, err := mysql.ParseURL(url)
		require.NoError(t, err)
		config := parsed.Conn()
		own := mysqldriver.NewConfig()
		own.Net, own.Addr, own.User, own.Passwd, own.DBName = config.Net, config.Addr, config.User, config.Passwd, config.DBName
		own.ParseTime, own.MultiStatements, own.InterpolateParams = true, true, true
		own.Params = settings
		connector, err := mysqldriver.NewConnector(own)
		require.NoError(t, err)
		sqldb, d = sql.OpenDB(connector), mysqldialect.New()
		c.MultiStatements = true
	}
	sqldb.SetMaxOpenConns(1)
	if stated {
		d = dialect.Describe(d, c)
	}
	db := bun.NewDB(sqldb, d)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	return db
}

// TestDescribedHandle: on a handle that a team opened and described, a charge that
// fits is as many round trips as on one of chameleon.Open; on one that it did not
// describe it is more, and the same.
func TestDescribedHandle(t *testing.T) {
	t.Parallel()
	for engine, most := range map[dialect.Engine]int{dialect.PostgreSQL: 1, dialect.MySQL: 2, dialect.MariaDB: 2} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			env := enginetest.New(t, engine)
			for _, stated := range []bool{true, false} {
				proxy, through := wire.Before(t, env.URL)
				tell := newTeller(t, env)
				db := ownHandle(t, env, through, stated, nil)
				tell.handle = db
				tell.grant("at hand", 1000)
				tell.charge("warm", 1, start) // the session is looked at, the statement prepared
				for i := range 3 {
					proxy.Requests()
					tell.charge(fmt.Sprint("c", i), 3, start)
					assert.Equal(t, stated, proxy.Requests() <= most, "stated %t", stated)
				}
				assert.True(t, tell.charge("c0", 3, start).Replayed)
				tell.refuse(tell.chargeOp("much", 5000, start), credits.ErrInsufficient)
				tell.refuse(tell.chargeOp("c0", 4, start), credits.ErrKeyReused)
				require.NoError(t, tell.inTx(func(tx *teller) error {
					tx.charge("in a transaction", 5, start)
					tx.refuse(tx.chargeOp("much", 5000, start), credits.ErrInsufficient)
					tx.still()
					return nil
				}))
				assert.EqualValues(t, 985, tell.balance(start).Available)
				tell.handle = env.DB
				tell.check()
			}
		})
	}
}

// TestForeignSessions: settings under which what bun writes is not what the server
// reads are refused by name, on every handle that somebody else opened, and a
// session in another zone takes the general way.
func TestForeignSessions(t *testing.T) {
	t.Parallel()
	unfit := map[dialect.Engine]map[string]map[string]string{
		dialect.PostgreSQL: {
			"standard_conforming_strings": {"standard_conforming_strings": "off"},
			"client_encoding":             {"client_encoding": "LATIN1"},
		},
		dialect.MySQL: {
			"sql_mode":             {"sql_mode": "'STRICT_TRANS_TABLES,NO_BACKSLASH_ESCAPES'"},
			"character_set_client": {"character_set_client": "gbk"},
		},
	}
	unfit[dialect.MariaDB] = unfit[dialect.MySQL]
	for engine, settings := range unfit {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			env := enginetest.New(t, engine)
			tell := newTeller(t, env)
			tell.grant("g", 10)
			for field, setting := range settings {
				for _, stated := range []bool{true, false} {
					db := ownHandle(t, env, env.URL, stated, setting)
					tell.handle = db
					var invalid *dialect.InvalidError
					require.ErrorAs(t, tell.refuse(tell.chargeOp(`it's \`, 1, start), credits.ErrInvalid), &invalid, "%s", field)
					assert.Equal(t, field, invalid.Field)
					tx, err := db.BeginTx(t.Context(), nil)
					require.NoError(t, err)
					tell.handle = tx
					tell.refuse(tell.chargeOp(`it's \`, 1, start), credits.ErrInvalid)
					var one int
					require.NoError(t, tx.NewRaw("SELECT 1").Scan(t.Context(), &one))
					require.NoError(t, tx.Rollback())
				}
			}
			zone := map[string]string{"TimeZone": "Asia/Tokyo"}
			if engine != dialect.PostgreSQL {
				zone = map[string]string{"time_zone": "'+09:00'"}
			}
			tell.handle = ownHandle(t, env, env.URL, true, zone)
			op := tell.charge("zoned", 4, start)
			assert.Equal(t, start, op.At)
			tell.handle = env.DB
			stored := tell.check()
			assert.Len(t, stored.entries, 2, "what was refused wrote nothing")
			assert.Equal(t, start, stored.entries[1].CreatedAt.UTC())
		})
	}
}
