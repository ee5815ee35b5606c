package chameleon_test

import (
	"database/sql"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/mysqldialect"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/users"
)

// A foreign handle is one that a team opened by itself.
type foreignHandle struct {
	session string // the session's time zone
	driver  string // the driver's location; "text" for one that parses no times
	bun     string // bun's location, empty for none
	column  string // what the columns are where they are not as pushed
	// settings are others of the session, which must not matter.
	settings map[string]string
}

// foreignHandles are what teams set, and what they set by mistake.
func foreignHandles(engine dialect.Engine) []foreignHandle {
	switch engine {
	case dialect.SQLite:
		return []foreignHandle{{}}
	case dialect.PostgreSQL:
		return []foreignHandle{
			{session: "Asia/Kolkata"},
			{session: "America/St_Johns", driver: "simple"},
			{session: "Asia/Kolkata", settings: harmlessPostgres()},
			{session: "Asia/Kolkata", driver: "simple", settings: harmlessPostgres()},
			{session: "Asia/Kolkata", column: "timestamp"},
			{session: "America/St_Johns", driver: "simple", column: "timestamp"},
		}
	}
	return []foreignHandle{
		{session: "+05:30", driver: "UTC"},
		{session: "-03:30", driver: "UTC", bun: "Asia/Kolkata"},
		{session: "+05:30", driver: "Asia/Kolkata", bun: "Asia/Kolkata"},
		{session: "America/New_York", driver: "America/New_York", bun: "America/New_York"},
		{session: "+00:00", driver: "UTC", settings: map[string]string{
			"sql_mode": "'STRICT_ALL_TABLES,ANSI_QUOTES,PIPES_AS_CONCAT,IGNORE_SPACE,HIGH_NOT_PRECEDENCE'",
		}},
		{session: "+05:30", driver: "UTC", bun: "UTC", column: "timestamp(6)"},
		{session: "+05:30", driver: "Asia/Kolkata", bun: "Asia/Kolkata", column: "timestamp(6)"},
		{session: "-03:30", driver: "text", column: "timestamp(6)"},
		{session: "+00:00", driver: "America/New_York", column: "timestamp(6)"},
	}
}

// harmlessPostgres changes what the server makes of texts of times, bytes and numbers.
func harmlessPostgres() map[string]string {
	return map[string]string{
		"datestyle": "ISO, DMY", "intervalstyle": "sql_standard", "bytea_output": "escape", "extra_float_digits": "-15",
		"transform_null_equals": "on", "default_transaction_isolation": "serializable",
	}
}

// TestTimesOfForeignHandles: whatever zones a team's own handle is set to, what
// the verbs store is UTC, what they read is what was given, and the sessions
// stay as the team has set them.
func TestTimesOfForeignHandles(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		adopted := ""
		for _, h := range foreignHandles(env.Engine) {
			if h.column != adopted {
				adopted = h.column
				adoptTimes(t, env, adopted)
			}
			db := h.open(t, env)
			if db == nil {
				continue // the server does not know the zone
			}
			before := sessionZone(t, env, db)
			h.by(t, env, db).stored()
			h.inTx(t, env, db).stored()
			assert.Equal(t, before, sessionZone(t, env, db), "%+v: the session's zone", h)
		}
	})
}

// TestSkippedHoursOfForeignHandles: a time that the driver's location has no clock for is
// refused, because the driver reads it as another.
func TestSkippedHoursOfForeignHandles(t *testing.T) {
	for _, engine := range []dialect.Engine{dialect.MySQL, dialect.MariaDB} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			env := enginetest.New(t, engine)
			db := foreignHandle{session: "+00:00", driver: "America/New_York"}.open(t, env)
			for at, refused := range map[string]bool{
				"2026-03-08T00:59:59Z": false, "2026-03-08T02:30:00Z": true, "2026-03-08T04:00:00Z": false,
			} {
				want := ok(time.Parse(time.RFC3339, at))(t)
				created := ok(users.Create(t.Context(), env.DB, users.CreateParams{Email: at[11:13] + "@example.com", At: want}))(t)
				got, err := users.Get(t.Context(), db, users.GetParams{UserUUID: created.User.UUID})
				if refused {
					require.ErrorIs(t, err, dialect.ErrTimeZone)
					continue
				}
				require.NoError(t, err)
				assert.True(t, want.Equal(got.CreatedAt), got.CreatedAt)
			}
		})
	}
}

// by runs the verbs through a handle.
func (h foreignHandle) by(t *testing.T, env *enginetest.Env, db bun.IDB) *zoneTrace {
	t.Helper()
	trace := &zoneTrace{t: t, env: env, db: db, handle: h}
	trace.run()
	return trace
}

// inTx runs the verbs in a caller's transaction. Where the session's zone would
// change times there is nothing that a verb could do about it.
func (h foreignHandle) inTx(t *testing.T, env *enginetest.Env, db *bun.DB) *zoneTrace {
	t.Helper()
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer func() { _ = tx.Rollback() }()
	set := func(zone string) {
		_, err := tx.ExecContext(t.Context(), "SET time_zone = '"+zone+"'")
		require.NoError(t, err)
	}
	changes := isMySQL(env.Engine) && h.session != "+00:00" && h.column != ""
	if changes {
		(&zoneTrace{t: t, env: env, db: tx, handle: h}).refused()
		set("+00:00")
	}
	trace := h.by(t, env, tx)
	if changes {
		set(h.session)
	}
	require.NoError(t, tx.Commit())
	return trace
}

func isMySQL(e dialect.Engine) bool { return e == dialect.MySQL || e == dialect.MariaDB }

// open returns the handle, nil where the server does not know the session's
// zone by its name.
func (h foreignHandle) open(t *testing.T, env *enginetest.Env) *bun.DB {
	t.Helper()
	var db *bun.DB
	switch env.Engine {
	case dialect.SQLite:
		path, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(env.URL, "sqlite://"), "file:"), "?")
		raw, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(10000)&_txlock=immediate")
		require.NoError(t, err)
		db = bun.NewDB(raw, sqlitedialect.New())
	case dialect.PostgreSQL:
		config, err := pgx.ParseConfig(env.URL)
		require.NoError(t, err)
		config.RuntimeParams["timezone"] = h.session
		maps.Copy(config.RuntimeParams, h.settings)
		if h.driver == "simple" {
			config.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
		}
		db = bun.NewDB(stdlib.OpenDB(*config), pgdialect.New())
	default:
		db = h.openMySQL(t, env)
	}
	if db != nil {
		db.SetMaxOpenConns(2)
		t.Cleanup(func() { _ = db.Close() })
	}
	return db
}

func (h foreignHandle) openMySQL(t *testing.T, env *enginetest.Env) *bun.DB {
	t.Helper()
	var known sql.NullString
	require.NoError(t, env.DB.NewRaw("SELECT CONVERT_TZ('2026-01-02', '+00:00', ?)", h.session).Scan(t.Context(), &known))
	if !known.Valid {
		t.Logf("%s does not know the zone %s", env.Engine, h.session)
		return nil
	}
	u, err := url.Parse(env.URL)
	require.NoError(t, err)
	config := mysql.NewConfig()
	config.User, config.Net, config.Addr = u.User.Username(), "tcp", u.Host
	config.Passwd, _ = u.User.Password()
	config.DBName, config.TLSConfig = strings.TrimPrefix(u.Path, "/"), u.Query().Get("tls")
	config.Params = map[string]string{"time_zone": "'" + h.session + "'"}
	maps.Copy(config.Params, h.settings)
	if h.driver != "text" {
		config.ParseTime = true
		config.Loc, err = time.LoadLocation(h.driver)
		require.NoError(t, err)
	}
	connector, err := mysql.NewConnector(config)
	require.NoError(t, err)
	if h.bun == "" {
		return bun.NewDB(sql.OpenDB(connector), mysqldialect.New())
	}
	return bun.NewDB(sql.OpenDB(connector), mysqldialect.New(mysqldialect.WithTimeLocation(h.bun)))
}

// sessionZone is what the pool's connections have.
func sessionZone(t *testing.T, env *enginetest.Env, db *bun.DB) (zone string) {
	t.Helper()
	query := map[dialect.Engine]string{dialect.PostgreSQL: "SELECT current_setting('timezone')", dialect.SQLite: "SELECT ''"}[env.Engine]
	if query == "" {
		query = "SELECT @@session.time_zone"
	}
	var conns []bun.Conn
	for range 2 {
		conn, err := db.Conn(t.Context())
		require.NoError(t, err)
		var one string
		require.NoError(t, conn.NewRaw(query).Scan(t.Context(), &one))
		zone += one + " "
		conns = append(conns, conn)
	}
	for _, conn := range conns {
		require.NoError(t, conn.Close())
	}
	return zone
}

// adoptTimes makes the columns what an adopted database has.
func adoptTimes(t *testing.T, env *enginetest.Env, column string) {
	t.Helper()
	for table, columns := range dialect.TimeColumns() {
		var changes []string
		for _, name := range columns {
			if env.Engine == dialect.PostgreSQL {
				changes = append(changes, "ALTER COLUMN "+name+" TYPE "+column+" USING "+name+" AT TIME ZONE 'UTC'")
			} else {
				changes = append(changes, "MODIFY COLUMN "+name+" "+column+" NULL")
			}
		}
		_, err := env.DB.ExecContext(t.Context(), "ALTER TABLE "+table+" "+strings.Join(changes, ", "))
		require.NoError(t, err)
	}
}

// TestTimeColumnsAreTheModels: the dialect's list of columns is that of the
// models.
func TestTimeColumnsAreTheModels(t *testing.T) {
	want := map[string][]string{}
	tables := sqlitedialect.New().Tables()
	for _, model := range chameleon.Models() {
		table := tables.Get(reflect.TypeOf(model))
		for _, field := range table.Fields {
			if field.UserSQLType == "timestamptz" {
				want[table.Name] = append(want[table.Name], field.Name)
			}
		}
		slices.Sort(want[table.Name])
		want[table.Name] = slices.Compact(want[table.Name]) // packages name others' models too
		if len(want[table.Name]) == 0 {
			delete(want, table.Name)
		}
	}
	assert.Equal(t, want, dialect.TimeColumns())
}
