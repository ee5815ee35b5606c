package credits_test

import (
	"database/sql"
	"fmt"
	"maps"
	"math"
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
				tell.DB, tell.Handle = db, db
				tell.Grant("at hand", 1000)
				tell.Charge("warm", 1, start) // the session is looked at, the statement prepared
				fewest := math.MaxInt         // drivers ask after a connection that was idle for a second
				for i := range 3 {
					proxy.Requests()
					tell.Charge(fmt.Sprint("c", i), 3, start)
					fewest = min(fewest, proxy.Requests())
				}
				assert.Equal(t, stated, fewest <= most, "stated %t", stated)
				assert.True(t, tell.Charge("c0", 3, start).Replayed)
				tell.Refuse(tell.ChargeOp("much", 5000, start), credits.ErrInsufficient)
				tell.Refuse(tell.ChargeOp("c0", 4, start), credits.ErrKeyReused)
				require.NoError(t, tell.inTx(func(tx *teller) error {
					tx.Charge("in a transaction", 5, start)
					tx.Refuse(tx.ChargeOp("much", 5000, start), credits.ErrInsufficient)
					tx.Still()
					return nil
				}))
				assert.EqualValues(t, 985, tell.Balance(start).Available)
				tell.DB, tell.Handle = env.DB, env.DB
				tell.Check()
			}
		})
	}
}

// unfitSession is a setting of a session under which verbs would go wrong without
// an error.
type unfitSession struct {
	field    string
	settings map[string]string
}

// unfitSessions lists them for an engine.
func unfitSessions(engine dialect.Engine) []unfitSession {
	if engine == dialect.PostgreSQL {
		return []unfitSession{
			{"standard_conforming_strings", map[string]string{"standard_conforming_strings": "off"}},
			{"client_encoding", map[string]string{"client_encoding": "LATIN1"}},
			{"DateStyle", map[string]string{"datestyle": "SQL, DMY"}},
		}
	}
	unfit := []unfitSession{
		{"character_set_client", map[string]string{"character_set_client": "gbk"}},
		{"character_set_client", map[string]string{"character_set_client": "utf8mb3"}},
		{"character_set_connection", map[string]string{"character_set_connection": "gbk"}},
		{"character_set_results", map[string]string{"character_set_results": "latin1"}},
		{"character_set_results", map[string]string{"character_set_results": "NULL"}},
		{"autocommit", map[string]string{"autocommit": "0"}},
		{"sql_select_limit", map[string]string{"sql_select_limit": "1000"}},
	}
	modes := []string{
		"", "ANSI_QUOTES", "STRICT_TRANS_TABLES,NO_BACKSLASH_ESCAPES", "STRICT_ALL_TABLES,PAD_CHAR_TO_FULL_LENGTH",
		"STRICT_TRANS_TABLES,NO_AUTO_VALUE_ON_ZERO",
	}
	if engine == dialect.MariaDB {
		modes = append(modes, "STRICT_TRANS_TABLES,SIMULTANEOUS_ASSIGNMENT", "STRICT_TRANS_TABLES,EMPTY_STRING_IS_NULL", "ORACLE")
	}
	for _, mode := range modes {
		unfit = append(unfit, unfitSession{"sql_mode", map[string]string{"sql_mode": "'" + mode + "'"}})
	}
	return unfit
}

// wrapped is a handle in a type of the caller's own.
type wrapped struct{ bun.IDB }

// TestForeignSessions: settings under which verbs would go wrong without an error
// are refused by name, by reads and writes on every kind of handle that chameleon did
// not open, and a session in another zone takes the general path.
func TestForeignSessions(t *testing.T) {
	t.Parallel()
	for _, engine := range []dialect.Engine{dialect.PostgreSQL, dialect.MySQL, dialect.MariaDB} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			env := enginetest.New(t, engine)
			tell := newTeller(t, env)
			tell.Grant("g", 10)
			for _, session := range unfitSessions(engine) {
				for _, stated := range []bool{true, false} {
					db := ownHandle(t, env, env.URL, stated, session.settings)
					refused := func(on bun.IDB, what string) {
						tell.Handle = on
						for _, err := range []error{
							tell.Refuse(tell.ChargeOp(`it's \`, 1, start), credits.ErrInvalid), readBalance(t, on, tell.User),
						} {
							var invalid *dialect.InvalidError
							require.ErrorAs(t, err, &invalid, "%v %s", session, what)
							assert.Equal(t, session.field, invalid.Field, "%v %s", session, what)
						}
					}
					refused(db, "handle")
					refused(wrapped{db}, "wrapped handle")
					conn, err := db.Conn(t.Context())
					require.NoError(t, err)
					refused(conn, "connection")
					refused(&conn, "pointer to a connection")
					require.NoError(t, conn.Close())
					tx, err := db.BeginTx(t.Context(), nil)
					require.NoError(t, err)
					refused(tx, "transaction")
					refused(wrapped{tx}, "wrapped transaction")
					var one int
					require.NoError(t, tx.NewRaw("SELECT 1").Scan(t.Context(), &one))
					require.NoError(t, tx.Rollback())
				}
			}
			zone := map[string]string{"TimeZone": "Asia/Tokyo", "client_encoding": "UNICODE"} // UTF8's other name
			if engine != dialect.PostgreSQL {
				zone = map[string]string{"time_zone": "'+09:00'"}
			}
			tell.Handle = ownHandle(t, env, env.URL, true, zone)
			op := tell.Charge("zoned", 4, start)
			assert.Equal(t, start, op.At)
			tell.Handle = env.DB
			stored := tell.Check()
			assert.Len(t, stored.Entries, 2, "what was refused wrote nothing")
			assert.Equal(t, start, stored.Entries[1].CreatedAt.UTC())
		})
	}
}

// TestConnectionsThatDiffer: on MySQL and MariaDB, the settings of each connection are
// checked, not only those of the handle's first one, unless a charge is one packet.
func TestConnectionsThatDiffer(t *testing.T) {
	t.Parallel()
	for _, engine := range []dialect.Engine{dialect.MySQL, dialect.MariaDB} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			env := enginetest.New(t, engine)
			tell := newTeller(t, env)
			tell.Grant("g", 10)
			for _, stated := range []bool{true, false} {
				db := ownHandle(t, env, env.URL, stated, nil) // of one connection
				tell.Handle = db
				tell.Charge(fmt.Sprint("before ", stated), 1, start)
				_, err := db.ExecContext(t.Context(), "SET SESSION sql_mode = 'STRICT_TRANS_TABLES,NO_BACKSLASH_ESCAPES'")
				require.NoError(t, err)
				if !stated { // a described handle's charge is one packet, with nothing before it
					tell.Refuse(tell.ChargeOp(`it's \`, 1, start), credits.ErrInvalid)
				}
				tx, err := db.BeginTx(t.Context(), nil)
				require.NoError(t, err)
				tell.Handle = tx
				tell.Refuse(tell.ChargeOp(`it's \`, 1, start), credits.ErrInvalid)
				require.NoError(t, tx.Rollback())
				require.ErrorIs(t, readStatement(t, db, tell.User), credits.ErrInvalid)
			}
			tell.Handle = env.DB
			assert.Len(t, tell.Check().Entries, 3, "what was refused wrote nothing")
		})
	}
}

func readStatement(t *testing.T, db bun.IDB, user string) error {
	t.Helper()
	_, err := credits.Statement(t.Context(), db, credits.StatementParams{UserUUID: user})
	return err
}

// readBalance returns the error of a read.
func readBalance(t *testing.T, db bun.IDB, user string) error {
	t.Helper()
	_, err := credits.Balance(t.Context(), db, credits.BalanceParams{UserUUID: user})
	return err
}
