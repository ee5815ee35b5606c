package chameleon_test

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/users"
)

// keptOfUsers are the columns of text that DeleteUser leaves in rows of a user: keys,
// references, statuses, and what the ledger computes by. A column that is in none of
// these lists has to be erased.
func keptOfUsers() map[string][]string {
	return map[string][]string{
		"users": {"uuid", "invited_by"},
		"affiliates": {
			"user_uuid", "order_uuid", "status", "order_key", "customer_uuid", "currency", "claw_backs",
		},
		"chameleon_events": {"user_uuid", "event_id", "type", "data", "lease"},
		"credits":          {"user_uuid", "head_hash"},
		"credits_budgets":  {"user_uuid", "name", "zone", "day", "month"},
		"credits_lots":     {"user_uuid", "claws"},
		"credits_holds":    {"user_uuid", "hold_key", "status", "trans_type", "allocations"},
		// TestDeleteUser and those of credits.Redact are for metadata and its salt.
		"credits_trans": {
			"user_uuid", "trans_type", "expired_at", "op_key", "op_kind", "op_hash", "op_data", "order_no", "gen_id",
			"metadata", "metadata_salt", "hash",
		},
		"generations": {"gen_id", "user_uuid", "ai_type", "provider", "model", "status", "request_key", "charge_key", "hold_key"},
		"orders": {
			"order_no", "user_uuid", "product_id", "product_name", "currency", "status", "pay_type", "sub_id", "interval",
			"renewal_key", "first_order_no", "grant_key", "pay_ref", "customer_ref", "reversals", "carried_from", "referrer_uuid", "price_id",
			"replaced_by", "part_of", "bill_parts",
		},
		"payments":      {"provider", "ref", "invoice", "part_of", "order_no", "user_uuid", "status", "currency", "reversals"},
		"subscriptions": {"provider", "sub_id", "user_uuid", "order_no", "product_id", "price_id", "status"},
	}
}

// TestDeleteUserErasesEveryColumn of text that is not kept for a reason.
func TestDeleteUserErasesEveryColumn(t *testing.T) {
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		ctx := context.Background()
		p := newPerson(t, env.DB, "gertrude")
		filled := 0
		for _, model := range chameleon.Models() {
			table := env.DB.Dialect().Tables().Get(reflect.TypeOf(model).Elem())
			owner := ownerOf(table.FieldMap["customer_uuid"] != nil, table.FieldMap["user_uuid"] != nil, table.Name)
			if owner == "" {
				continue // of nobody
			}
			for _, field := range table.Fields {
				isText := strings.HasPrefix(field.CreateTableSQLType, "varchar") || field.CreateTableSQLType == "text"
				if !isText || field.Name == owner || slices.Contains(keptOfUsers()[table.Name], field.Name) {
					continue
				}
				fillColumn(ctx, t, env.DB, table.Name, field.Name, owner, p.UUID)
				filled++
			}
		}
		require.GreaterOrEqual(t, filled, 20)
		_, err := chameleon.DeleteUser(ctx, env.DB, chameleon.DeleteUserParams{UserUUID: p.UUID})
		require.NoError(t, err)
		require.Empty(t, personal(t, env.DB, "zuzana"))

		// Another program goes on writing to the row.
		_, err = env.DB.ExecContext(ctx, "UPDATE users SET nickname = 'Zuzana', email = 'zuzana@example.com' WHERE uuid = ?", p.UUID)
		require.NoError(t, err)
		again, err := chameleon.DeleteUser(ctx, env.DB, chameleon.DeleteUserParams{UserUUID: p.UUID})
		require.NoError(t, err)
		require.True(t, again.Users.Replayed)
		require.Equal(t, []string{"zuzana@example.com"}, again.Users.Emails)
		require.Empty(t, personal(t, env.DB, "zuzana"))
		_, err = users.Get(ctx, env.DB, users.GetParams{UserUUID: p.UUID})
		require.ErrorIs(t, err, users.ErrNotFound)
	})
}

// fillColumn writes a name into a column of one row of the user's: most columns of
// one table would not be unique otherwise.
func fillColumn(ctx context.Context, t *testing.T, db bun.IDB, table, column, owner, user string) {
	t.Helper()
	var id int64
	require.NoError(t, db.NewSelect().TableExpr("?", bun.Ident(table)).ColumnExpr("MAX(id)").
		Where("? = ?", bun.Ident(owner), user).Scan(ctx, &id), table)
	_, err := db.ExecContext(ctx, "UPDATE ? SET ? = 'Zuzana' WHERE id = ? AND ? = ?",
		bun.Ident(table), bun.Ident(column), id, bun.Ident(owner), user)
	require.NoError(t, err, "%s.%s", table, column)
}

// ownerOf names the column that says whose personal data a row of a table holds.
func ownerOf(customers, users bool, table string) string {
	switch {
	case table == "users":
		return "uuid"
	case customers:
		return "customer_uuid"
	case users:
		return "user_uuid"
	}
	return ""
}
