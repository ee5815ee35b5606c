package credits_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// accountIDs are accounts of every kind that a team may have, some of which
// collations, quoting or padding could take for one another.
func accountIDs() []string {
	return []string{
		"42", "042", "4", "usr_9Xk", "usr_9xk", "USR_9XK", "01JDG5W3K8Z7Q2M4N6P8R0T2V4",
		"0B1F2C3D-0000-4000-8000-00000000000A", "0b1f2c3d-0000-4000-8000-00000000000a",
		"team 7", "team  7", "team\u00a07", "é", "e\u0301", "ß", "ss", "日本", "🦎", "🦎🦎",
		`back\slash`, `back\\slash`, "o'neill", `"quoted"`, "?", "$1", "100%", "a_b", "a-b", "a|b", "a", "A", "a!",
		strings.Repeat("x", 255), strings.Repeat("ü", 127), "order:7", "NULL", "true",
	}
}

// Any id is an account of its own, byte for byte, for every verb and every list.
func TestAccountIDsOfAnyKind(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx, db, ids := t.Context(), env.DB, accountIDs()
		var grants []credits.Op
		for i, id := range ids {
			grants = append(grants, credits.GrantParams{
				UserUUID: id, Amount: int64(1000 + i), Type: "promo", Key: "grant", Metadata: map[string]any{"ip": "192.0.2.1"},
				ExpiresAt: time.Now().Add(time.Hour),
			})
		}
		results, err := credits.Post(ctx, db, credits.PostParams{Ops: grants})
		require.NoError(t, err)
		require.Len(t, results, len(ids))
		for i, id := range ids {
			useAccount(t, db, id, int64(1000+i))
		}
		seen := allHeads(t, db)
		require.ElementsMatch(t, ids, seen)
		require.ElementsMatch(t, ids, allExpiring(t, db))
		report, err := audit.Verify(ctx, db, audit.VerifyParams{})
		require.NoError(t, err)
		require.True(t, report.OK(), "%+v", report.Breaches)
		require.EqualValues(t, len(ids), report.Accounts)
	})
}

// useAccount runs the verbs on an account that was granted an amount.
func useAccount(t *testing.T, db *bun.DB, id string, granted int64) {
	t.Helper()
	ctx := t.Context()
	for _, replayed := range []bool{false, true} {
		op, err := credits.Charge(ctx, db, credits.ChargeParams{UserUUID: id, Amount: 7, Key: "charge"})
		require.NoError(t, err, id)
		require.Equal(t, replayed, op.Replayed, id)
	}
	tx, err := db.BeginTx(ctx, nil)
	require.NoError(t, err)
	_, err = credits.Charge(ctx, tx, credits.ChargeParams{UserUUID: id, Amount: 3, Key: "nested"})
	require.NoError(t, err)
	require.NoError(t, tx.Commit())
	_, err = credits.Hold(ctx, db, credits.HoldParams{UserUUID: id, Amount: 20, Key: "hold"})
	require.NoError(t, err)
	_, err = credits.Capture(ctx, db, credits.CaptureParams{UserUUID: id, HoldKey: "hold", Amount: 10})
	require.NoError(t, err)
	_, err = credits.Refund(ctx, db, credits.RefundParams{UserUUID: id, ChargeKey: "charge", Amount: 2})
	require.NoError(t, err)
	_, err = credits.ClawBack(ctx, db, credits.ClawBackParams{UserUUID: id, GrantKey: "grant", Total: 5})
	require.NoError(t, err)

	left := granted - 7 - 3 - 10 + 2 - 5
	balance, err := credits.Balance(ctx, db, credits.BalanceParams{UserUUID: id})
	require.NoError(t, err)
	require.Equal(t, left, balance.Available, id)
	lines, err := credits.Statement(ctx, db, credits.StatementParams{UserUUID: id, Limit: 3})
	require.NoError(t, err)
	require.NotEmpty(t, lines.Next)
	_, err = credits.Statement(ctx, db, credits.StatementParams{UserUUID: id, Limit: 3, Cursor: lines.Next})
	require.NoError(t, err)
	stats, err := credits.Stats(ctx, db, credits.StatsParams{UserUUID: id})
	require.NoError(t, err)
	require.Equal(t, granted, stats.Granted, id)
	_, err = credits.Redact(ctx, db, credits.RedactParams{UserUUID: id})
	require.NoError(t, err)
	rebuilt, err := audit.Rebuild(ctx, db, audit.RebuildParams{UserUUID: id})
	require.NoError(t, err)
	require.Empty(t, rebuilt.Changes)
	head, err := audit.Head(ctx, db, audit.HeadParams{UserUUID: id})
	require.NoError(t, err)
	require.Equal(t, id, head.UserUUID)
}

func allHeads(t *testing.T, db *bun.DB) (ids []string) {
	t.Helper()
	for after := ""; ; {
		page, err := audit.ExportHeads(t.Context(), db, audit.ExportHeadsParams{Cursor: after, Limit: 5})
		require.NoError(t, err)
		for _, head := range page.Items {
			ids = append(ids, head.UserUUID)
		}
		if after = page.Next; after == "" {
			return ids
		}
	}
}

func allExpiring(t *testing.T, db *bun.DB) (ids []string) {
	t.Helper()
	for cursor := ""; ; {
		page, err := credits.ExpiringSoon(t.Context(), db, credits.ExpiringSoonParams{Cursor: cursor, Limit: 5})
		require.NoError(t, err)
		for _, grant := range page.Items {
			ids = append(ids, grant.UserUUID)
		}
		if cursor = page.Next; cursor == "" {
			return ids
		}
	}
}

// An adopted column on MySQL may ignore case: then nothing is written to the
// account of another spelling, by whatever way.
func TestAnotherSpellingIsAnotherAccount(t *testing.T) {
	for _, engine := range []dialect.Engine{dialect.MySQL, dialect.MariaDB} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			env := enginetest.New(t, engine)
			for _, table := range []string{"credits", "credits_trans", "credits_lots", "credits_holds"} {
				ignoreCase(t, env, table)
			}
			_, err := credits.Grant(t.Context(), env.DB, credits.GrantParams{UserUUID: "usr_a", Amount: 10, Type: "promo"})
			require.NoError(t, err)
			tx, err := env.DB.BeginTx(t.Context(), nil)
			require.NoError(t, err)
			for _, db := range []bun.IDB{env.DB, tx} {
				_, err = credits.Charge(t.Context(), db, credits.ChargeParams{UserUUID: "USR_A", Amount: 1})
				require.ErrorIs(t, err, credits.ErrCollation)
				require.ErrorContains(t, err, "utf8mb4_bin")
				_, err = credits.Grant(t.Context(), db, credits.GrantParams{UserUUID: "Usr_a", Amount: 1, Type: "promo"})
				require.ErrorIs(t, err, credits.ErrCollation)
			}
			require.NoError(t, tx.Commit())
			balance, err := credits.Balance(t.Context(), env.DB, credits.BalanceParams{UserUUID: "usr_a"})
			require.NoError(t, err)
			require.EqualValues(t, 10, balance.Available)
			head, err := audit.Head(t.Context(), env.DB, audit.HeadParams{UserUUID: "usr_a"})
			require.NoError(t, err)
			require.Equal(t, "usr_a", head.UserUUID, "its spelling stays")
		})
	}
}

// ignoreCase makes an empty table's accounts compare by a collation that ignores
// case. TiDB changes no collation of a column that has an index: there the table is
// made anew.
func ignoreCase(t *testing.T, env *enginetest.Env, table string) {
	t.Helper()
	const column = "varchar(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL"
	if !env.IsTiDB() {
		_, err := env.DB.ExecContext(t.Context(), "ALTER TABLE "+table+" MODIFY user_uuid "+column)
		require.NoError(t, err)
		return
	}
	var name, made string
	require.NoError(t, env.DB.QueryRowContext(t.Context(), "SHOW CREATE TABLE "+table).Scan(&name, &made))
	again := regexp.MustCompile("`user_uuid` [^,]*").ReplaceAllString(made, "`user_uuid` "+column)
	require.NotEqual(t, made, again)
	for _, statement := range []string{"DROP TABLE " + table, again} {
		_, err := env.DB.DB.ExecContext(t.Context(), statement)
		require.NoError(t, err)
	}
}
