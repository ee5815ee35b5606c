package chameleon_test

import (
	"context"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/internal/wire"
)

// hostile texts would end their string, or hide its end, in a session that
// quotes in another way than bun thinks.
var hostile = []string{
	`\'; DELETE FROM victims; --`, `'; DELETE FROM victims; --`, `\`, `\\`, `\\'; DELETE FROM victims; --`,
	`"; DELETE FROM victims; --`, "\u00bf\\'; DELETE FROM victims; --", "縗\\'; DELETE FROM victims; --", "\u8a3e'; DELETE FROM victims; #",
	"x' || (SELECT 1/0) || '", "`; DELETE FROM victims; --", `' OR 1=1 --`, `\x27; DELETE FROM victims; --`, "%_\\%", "?0 ? $1 :a",
	"/*!50000 ' */; DELETE FROM victims; --", "ſ' \u02bc; DELETE FROM victims; --",
}

type victim struct {
	bun.BaseModel `bun:"table:victims"`

	ID   int64  `bun:"id,pk"`
	Name string `bun:"name"`
	Raw  []byte `bun:"raw"`
}

// withstands writes and reads hostile texts through plain bun: each comes back
// byte for byte, and nothing else changes.
func withstands(t *testing.T, db bun.IDB) {
	t.Helper()
	ctx := t.Context()
	_, err := db.NewDelete().Model((*victim)(nil)).Where("TRUE").Exec(ctx)
	require.NoError(t, err)
	for i, text := range hostile {
		_, err := db.NewInsert().Model(&victim{ID: int64(i), Name: text, Raw: []byte(text + "\x00\xff")}).Exec(ctx)
		require.NoError(t, err, text)
		_, err = db.NewUpdate().Model((*victim)(nil)).Set("name = ?", text).Where("id = ? AND name = ?", i, text).Exec(ctx)
		require.NoError(t, err, text)
		_, err = db.NewDelete().Model((*victim)(nil)).Where("name = ? AND id < 0", text).Exec(ctx)
		require.NoError(t, err, text)
		var rows []victim
		require.NoError(t, db.NewSelect().Model(&rows).Where("name = ?", text).Where("id = ?", i).Scan(ctx), text)
		require.Len(t, rows, 1, text)
		assert.Equal(t, text, rows[0].Name)
		assert.Equal(t, text+"\x00\xff", string(rows[0].Raw))
		n, err := db.NewSelect().Model((*victim)(nil)).Count(ctx)
		require.NoError(t, err)
		require.EqualValues(t, i+1, n, "after %q", text)
	}
}

func makeVictims(t *testing.T, env *enginetest.Env) {
	t.Helper()
	bytes := map[dialect.Engine]string{dialect.PostgreSQL: "bytea", dialect.SQLite: "blob"}[env.Engine]
	if bytes == "" {
		bytes = "varbinary(255)"
	}
	_, err := env.DB.ExecContext(t.Context(), "CREATE TABLE victims (id bigint PRIMARY KEY, name varchar(255), raw "+bytes+")")
	require.NoError(t, err)
}

// TestHostileSettings: whatever the server's defaults are, texts stay texts.
func TestHostileSettings(t *testing.T) {
	onServers(t, func(t *testing.T, env *enginetest.Env) {
		makeVictims(t, env)
		if env.Engine == dialect.PostgreSQL {
			hostilePostgres(t, env)
			return
		}
		for _, settings := range []string{
			"sql_mode = 'NO_BACKSLASH_ESCAPES'", "sql_mode = 'ANSI_QUOTES'", "sql_mode = 'PIPES_AS_CONCAT,IGNORE_SPACE'",
			"sql_mode = 'NO_BACKSLASH_ESCAPES,ANSI_QUOTES,PIPES_AS_CONCAT'", "sql_mode = ''",
			"NAMES gbk", "NAMES sjis", "NAMES big5", "NAMES latin1", "character_set_client = gbk",
			"character_set_connection = gbk", "character_set_results = latin1", "time_zone = '+09:00'",
			"autocommit = 0", "sql_select_limit = 1",
		} {
			t.Run(settings, func(t *testing.T) {
				db, err := chameleon.Open(t.Context(), wire.HostileMySQL(t, env.URL, "SET "+settings))
				require.NoError(t, err)
				var commits bool
				require.NoError(t, db.NewRaw("SELECT @@session.autocommit").Scan(t.Context(), &commits))
				assert.True(t, commits, "a read leaves no transaction open")
				var numbers []int
				require.NoError(t, db.NewRaw("SELECT 1 UNION ALL SELECT 2").Scan(t.Context(), &numbers))
				assert.Len(t, numbers, 2, "a list is whole")
				withstands(t, db)
				require.NoError(t, db.RunInTx(t.Context(), nil, func(_ context.Context, tx bun.Tx) error {
					withstands(t, tx)
					return nil
				}))
				require.NoError(t, db.Close())
			})
		}
	})
}

// TestHostileValuesOnSQLite has no server whose settings could differ.
func TestHostileValuesOnSQLite(t *testing.T) {
	env := enginetest.NewEmpty(t, dialect.SQLite)
	makeVictims(t, env)
	withstands(t, env.DB)
}

// hostilePostgres sets what a DBA may set, for the role's sessions in this
// database alone.
func hostilePostgres(t *testing.T, env *enginetest.Env) {
	t.Helper()
	name := database(t, env.DB)
	for setting, value := range map[string]string{
		"standard_conforming_strings": "off", "client_encoding": "SJIS", "datestyle": "SQL, DMY", "bytea_output": "escape",
		"backslash_quote": "on", "escape_string_warning": "off", "timezone": "Asia/Tokyo", "array_nulls": "off",
		"quote_all_identifiers": "on", "transform_null_equals": "on", "extra_float_digits": "-15", "intervalstyle": "sql_standard",
	} {
		t.Run(setting, func(t *testing.T) {
			_, err := env.DB.ExecContext(t.Context(), "ALTER DATABASE ? SET ? = ?", bun.Ident(name), bun.Safe(setting), value)
			require.NoError(t, err)
			defer func() {
				_, err := env.DB.ExecContext(t.Context(), "ALTER DATABASE ? RESET ?", bun.Ident(name), bun.Safe(setting))
				require.NoError(t, err)
			}()
			db, err := chameleon.Open(t.Context(), env.URL)
			require.NoError(t, err)
			withstands(t, db)
			require.NoError(t, db.Close())
		})
	}
	assert.NotContains(t, env.URL, "options=")
	u, err := url.Parse(env.URL)
	require.NoError(t, err)
	u.RawQuery += "&options=" + url.QueryEscape("-c standard_conforming_strings=off -c client_encoding=sjis")
	db, err := chameleon.Open(t.Context(), u.String())
	require.NoError(t, err)
	withstands(t, db)
	// Whoever changes the session by hand loses the connection, not the others' texts.
	_, err = db.ExecContext(t.Context(), "SET standard_conforming_strings = off")
	require.NoError(t, err)
	withstands(t, db)
	require.NoError(t, db.Close())
}

// TestHostileSettingsBehindPoolers: PgBouncer keeps what is sent at the start
// for each client, and what it does not keep is checked.
func TestHostileSettingsBehindPoolers(t *testing.T) {
	for _, mode := range []string{"transaction", "session"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			env := enginetest.NewEmpty(t, dialect.PostgreSQL)
			makeVictims(t, env)
			set := func(setting, value string) {
				_, err := env.DB.ExecContext(t.Context(), "ALTER DATABASE ? SET ? = ?", bun.Ident(database(t, env.DB)), bun.Safe(setting), value)
				require.NoError(t, err)
			}
			set("standard_conforming_strings", "off")
			set("client_encoding", "SJIS")
			set("datestyle", "SQL, DMY")
			db, err := chameleon.Open(t.Context(), enginetest.PgBouncerTo(t, env, mode))
			require.NoError(t, err)
			withstands(t, db)
			require.NoError(t, db.Close())

			set("bytea_output", "escape")
			_, err = chameleon.Open(t.Context(), enginetest.PgBouncerTo(t, env, mode))
			require.ErrorIs(t, err, dialect.ErrUnsupportedVersion, "PgBouncer does not keep it")
			assert.ErrorContains(t, err, "ALTER ROLE … SET bytea_output = 'hex'")
		})
	}
}
