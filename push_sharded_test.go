package chameleon_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/doctor"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/schema"
)

// shardedTables have their rows' user in every key.
func shardedTables() []string {
	return []string{"credits", "credits_trans", "credits_trans_archive", "credits_lots", "credits_holds", "credits_budgets", "chameleon_events", "generations", "generations_archive"}
}

// TestPushSharded: every key of a sharded table has user_uuid, pushing again finds
// nothing to do, and what cannot be laid out is refused and left alone.
func TestPushSharded(t *testing.T) {
	t.Parallel()
	layout := schema.Options{Sharded: true}
	enginetest.RunEmpty(t, func(t *testing.T, env *enginetest.Env) {
		made, err := layout.Push(t.Context(), env.DB, chameleon.Models()...)
		if env.Engine == dialect.SQLite {
			require.ErrorIs(t, err, dialect.ErrInvalid)
			return
		}
		require.NoError(t, err)
		require.NotEmpty(t, made.Changes)
		for _, table := range shardedTables() {
			keys := keysOf(t, env, table)
			assert.NotEmpty(t, keys, table)
			for name, columns := range keys {
				assert.Contains(t, strings.Split(columns, ","), "user_uuid", "key %s of %s", name, table)
			}
		}
		again, err := layout.Push(t.Context(), env.DB, chameleon.Models()...)
		require.NoError(t, err)
		assert.Empty(t, again.Changes)
	})
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		if env.Engine == dialect.SQLite || env.Sharded {
			return
		}
		_, err := layout.Push(t.Context(), env.DB, chameleon.Models()...)
		refused := new(schema.PushError)
		require.ErrorAs(t, err, &refused)
		assert.Contains(t, refused.Error(), "lacks user_uuid")
	})
}

// TestPushFollowsTheLayout: on tables that are laid out for shards, who pushes, plans or
// looks without saying so finds nothing to do, and what is missing is added as the rest is.
func TestPushFollowsTheLayout(t *testing.T) {
	t.Parallel()
	enginetest.RunSharded(t, func(t *testing.T, env *enginetest.Env) {
		upToDate := func() {
			t.Helper()
			status, err := chameleon.Status(t.Context(), env.DB)
			require.NoError(t, err)
			require.Empty(t, status.Problem)
			require.True(t, status.UpToDate)
			report, err := doctor.Run(t.Context(), env.DB, doctor.Params{Models: chameleon.Models()})
			require.NoError(t, err)
			for _, f := range report.Findings {
				assert.NotContains(t, []string{"push_refused", "index_missing", "index_invalid"}, f.Code, f.Problem)
			}
		}
		upToDate()
		wanted := map[string]map[string]string{}
		for _, table := range shardedTables() {
			wanted[table] = keysOf(t, env, table)
		}
		drop := "DROP INDEX generations_gen_id_unique"
		if env.Engine != dialect.PostgreSQL {
			drop += " ON generations"
		}
		for _, statement := range []string{drop, "DROP TABLE generations_archive", "DROP TABLE credits_lots"} {
			_, err := env.DB.ExecContext(t.Context(), statement)
			require.NoError(t, err)
		}
		made, err := chameleon.Push(t.Context(), env.DB)
		require.NoError(t, err)
		require.NotEmpty(t, made.Changes)
		for _, table := range shardedTables() {
			assert.Equal(t, wanted[table], keysOf(t, env, table), table)
		}
		upToDate()
	})
}

// keysOf lists a table's unique indexes, the primary key too, with their columns.
func keysOf(t *testing.T, env *enginetest.Env, table string) map[string]string {
	t.Helper()
	query := "SELECT index_name AS name, GROUP_CONCAT(column_name ORDER BY column_name) AS columns FROM information_schema.statistics " +
		"WHERE table_schema = DATABASE() AND table_name = ? AND non_unique = 0 GROUP BY index_name"
	if env.Engine == dialect.PostgreSQL {
		query = "SELECT i.indexrelid::regclass::text AS name, string_agg(a.attname, ',' ORDER BY a.attname) AS columns FROM pg_index AS i " +
			"JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey::int2[]) " +
			"WHERE i.indrelid = ?::regclass AND i.indisunique GROUP BY 1"
	}
	var rows []struct{ Name, Columns string }
	require.NoError(t, env.DB.NewRaw(query, table).Scan(t.Context(), &rows))
	keys := map[string]string{}
	for _, row := range rows {
		keys[row.Name] = row.Columns
	}
	return keys
}

// TestSharding holds what routers are told.
func TestSharding(t *testing.T) {
	t.Parallel()
	db := enginetest.New(t, dialect.SQLite).DB
	citus, err := schema.Citus.Sharding(db, generations.Models()...)
	require.NoError(t, err)
	assert.Equal(t, []string{
		"SELECT create_distributed_table('credits', 'user_uuid', colocate_with => 'none')",
		"SELECT create_distributed_table('credits_trans', 'user_uuid', colocate_with => 'credits')",
		"SELECT create_distributed_table('credits_trans_archive', 'user_uuid', colocate_with => 'credits')",
		"SELECT create_distributed_table('credits_lots', 'user_uuid', colocate_with => 'credits')",
		"SELECT create_distributed_table('credits_holds', 'user_uuid', colocate_with => 'credits')",
		"SELECT create_distributed_table('credits_budgets', 'user_uuid', colocate_with => 'credits')",
		"SELECT create_distributed_table('chameleon_events', 'user_uuid', colocate_with => 'credits')",
		"SELECT create_distributed_table('generations', 'user_uuid', colocate_with => 'credits')",
		"SELECT create_distributed_table('generations_archive', 'user_uuid', colocate_with => 'credits')",
	}, citus.Statements)
	vitess, err := schema.Vitess.Sharding(db, credits.Models()...)
	require.NoError(t, err)
	assert.Len(t, vitess.Statements, 10, "five tables number their rows")
	assert.JSONEq(t, `{"sharded": true, "vindexes": {"shard_key": {"type": "xxhash"}}, "tables": {
		"credits": {"column_vindexes": [{"column": "user_uuid", "name": "shard_key"}], "auto_increment": {"column": "id", "sequence": "credits_seq"}},
		"credits_trans": {"column_vindexes": [{"column": "user_uuid", "name": "shard_key"}], "auto_increment": {"column": "id", "sequence": "credits_trans_seq"}},
		"credits_trans_archive": {"column_vindexes": [{"column": "user_uuid", "name": "shard_key"}], "auto_increment": {"column": "id", "sequence": "credits_trans_archive_seq"}},
		"credits_lots": {"column_vindexes": [{"column": "user_uuid", "name": "shard_key"}]},
		"credits_holds": {"column_vindexes": [{"column": "user_uuid", "name": "shard_key"}]},
		"credits_budgets": {"column_vindexes": [{"column": "user_uuid", "name": "shard_key"}], "auto_increment": {"column": "id", "sequence": "credits_budgets_seq"}},
		"chameleon_events": {"column_vindexes": [{"column": "user_uuid", "name": "shard_key"}], "auto_increment": {"column": "id", "sequence": "chameleon_events_seq"}}}}`, vitess.VSchema)
	assert.JSONEq(t, `{"tables": {"chameleon_totals": {}, "chameleon_events_seq": {"type": "sequence"}, "credits_budgets_seq": {"type": "sequence"}, "credits_seq": {"type": "sequence"}, "credits_trans_archive_seq": {"type": "sequence"}, "credits_trans_seq": {"type": "sequence"}}}`, vitess.UnshardedVSchema)
	tidb, err := schema.TiDB.Sharding(db, chameleon.Models()...)
	require.NoError(t, err)
	assert.Empty(t, tidb)
	_, err = schema.Router("spider").Sharding(db)
	require.ErrorIs(t, err, dialect.ErrInvalid)
}
