package adopt_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/adopt"
	"github.com/chameleon-go/chameleon/content"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/doctor"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/schema"
	"github.com/chameleon-go/chameleon/users"
)

// dated are the original's tables with a created_at.
var dated = []string{"affiliates", "apikeys", "credits_trans", "feedbacks", "generations", "orders", "posts", "users"}

// TestTimesThatTheServerSets: on tables that an old server of MySQL or MariaDB made, every
// change of a row makes it a row of now. No push touches them, which would date all users to
// the push; and on what its error's statements make of them, and on every other engine, rows
// keep their times whatever is done to them.
func TestTimesThatTheServerSets(t *testing.T) {
	enginetest.RunLive(t, func(t *testing.T, env *enginetest.Env) {
		ctx := t.Context()
		_, err := env.DB.ExecContext(ctx, "UPDATE users SET email_search = NULL, nickname_search = NULL")
		require.NoError(t, err)
		_, err = env.DB.ExecContext(ctx, "UPDATE orders SET created_at = '2026-01-01 00:00:00' WHERE created_at IS NULL")
		require.NoError(t, err)
		auto := dialect.Of(env.DB).IsMySQL()
		if auto {
			asOldServersDo(t, env.DB)
		}
		before := timesOf(t, env.DB)
		_, err = chameleon.Push(ctx, env.DB)
		if auto {
			var refused *schema.AutoTimesError
			require.ErrorAs(t, err, &refused)
			require.ErrorIs(t, err, schema.ErrAutoTimes)
			require.Len(t, refused.Tables, len(dated), "credits and ai_provider_keys have only updated_at")
			require.Equal(t, before, timesOf(t, env.DB), "nothing was written")
			status, statusErr := chameleon.Status(ctx, env.DB)
			require.NoError(t, statusErr)
			require.ErrorIs(t, status.Refused, schema.ErrAutoTimes)
			require.Equal(t, len(dated), strings.Count(codes(t, env.DB), "times_reset"))
			byHand := env.Open(t) // whose sessions the statements leave lenient
			for _, table := range refused.Tables {
				_, err := byHand.ExecContext(ctx, table.Statement)
				require.NoError(t, err)
			}
			_, err = chameleon.Push(ctx, env.DB)
			require.NoError(t, err)
		}
		require.NoError(t, err)
		_, err = adopt.Run(ctx, env.DB, adopt.Params{})
		require.NoError(t, err)
		keepTotals(t, env.DB)
		found := codes(t, env.DB)
		require.NotContains(t, found, "times_reset")
		require.Equal(t, auto, strings.Contains(found, "times_end"), found)
		after := timesOf(t, env.DB)
		for table, was := range before {
			require.Subset(t, after[table], was, table)
		}
	})
}

// codes are those of the doctor's findings.
func codes(t *testing.T, db *bun.DB) string {
	t.Helper()
	report, err := doctor.Run(t.Context(), db, doctor.Params{Models: chameleon.Models(), Sample: -1})
	require.NoError(t, err)
	var all []string
	for _, f := range report.Findings {
		all = append(all, f.Code)
	}
	return strings.Join(all, " ")
}

// asOldServersDo makes of created_at what the first "timestamp" of a table was, and of other
// times what the next ones were.
func asOldServersDo(t *testing.T, db *bun.DB) {
	t.Helper()
	const first, next = " timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP", " timestamp NOT NULL DEFAULT '0000-00-00 00:00:00'"
	conn, err := db.Conn(t.Context())
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close()) }()
	statements := []string{
		"SET @mode = @@SESSION.sql_mode", "SET SESSION sql_mode = ''",
		"ALTER TABLE credits MODIFY updated_at" + first, "ALTER TABLE ai_provider_keys MODIFY updated_at" + first,
		"UPDATE orders SET paid_at = '0000-00-00 00:00:00' WHERE paid_at IS NULL", "ALTER TABLE orders MODIFY paid_at" + next,
		"UPDATE generations SET completed_at = '0000-00-00 00:00:00' WHERE completed_at IS NULL", "ALTER TABLE generations MODIFY completed_at" + next,
	}
	for _, table := range dated {
		statements = append(statements, "ALTER TABLE "+table+" MODIFY created_at"+first)
	}
	for _, statement := range append(statements, "SET SESSION sql_mode = @mode") {
		_, err := conn.ExecContext(t.Context(), statement)
		require.NoError(t, err, statement)
	}
}

// timesOf are the ids and times of the rows of each table.
func timesOf(t *testing.T, db bun.IDB) map[string][]string {
	t.Helper()
	joined := "CAST(id AS text) || ' ' || CAST(created_at AS text)"
	if dialect.Of(db).IsMySQL() {
		joined = "CONCAT(id, ' ', CAST(created_at AS CHAR))"
	}
	all := map[string][]string{}
	for _, table := range dated {
		all[table] = texts(t, db, "SELECT "+joined+" FROM "+table+" WHERE created_at IS NOT NULL ORDER BY id")
	}
	return all
}

// keepTotals changes a column of every row that is counted.
func keepTotals(t *testing.T, db *bun.DB) {
	t.Helper()
	_, err := users.KeepTotals(t.Context(), db, users.KeepTotalsParams{})
	require.NoError(t, err)
	_, err = orders.KeepTotals(t.Context(), db, orders.KeepTotalsParams{})
	require.NoError(t, err)
	_, err = generations.KeepTotals(t.Context(), db, generations.KeepTotalsParams{})
	require.NoError(t, err)
	_, err = content.KeepTotals(t.Context(), db, content.KeepTotalsParams{})
	require.NoError(t, err)
}
