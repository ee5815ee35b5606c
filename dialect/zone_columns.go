package dialect

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
)

// checkColumns refuses a caller's session that is not in UTC where a column of
// the module's depends on it. The session is not changed under the caller:
// database/sql gives the connection of a transaction whose context ends back to
// the pool, and nothing could change it back then.
func (z zone) checkColumns(ctx context.Context, q queryRower) error {
	if z.session == "" {
		return nil
	}
	var table, column string
	err := q.QueryRowContext(ctx, askTimestamps()).Scan(&table, &column)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return err
	}
	return zoneError("SET time_zone = '+00:00' on the connection before the transaction begins, open the handle with "+
		"time_zone='+00:00', or pass the *bun.DB instead of the transaction",
		"the session of the transaction has time_zone = %s, and %s.%s is a timestamp, which the server converts from it",
		z.session, table, column)
}

// askTimestamps asks for one of the module's columns that is a timestamp.
func askTimestamps() string {
	var tables, columns []string
	for table, its := range TimeColumns() {
		tables = append(tables, table)
		columns = append(columns, its...)
	}
	slices.Sort(tables)
	slices.Sort(columns)
	return "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = DATABASE()" +
		" AND data_type = 'timestamp' AND table_name IN ('" + strings.Join(tables, "', '") + "')" +
		" AND column_name IN ('" + strings.Join(slices.Compact(columns), "', '") + "') LIMIT 1"
}

// TimeColumns returns the columns of the module's tables that hold times, by
// table.
func TimeColumns() map[string][]string {
	return map[string][]string{
		"affiliates": {
			"approved_at", "converted_at", "converted_expire_at", "created_at", "paid_at", "refund_rejected_at",
			"rejected_at", "updated_at",
		},
		"ai_provider_keys":      {"created_at", "updated_at"},
		"apikeys":               {"created_at", "expires_at", "last_used_at", "revoked_at", "updated_at"},
		"chameleon_events":      {"created_at", "parked_at"},
		"credits":               {"updated_at"},
		"credits_budgets":       {"updated_at"},
		"credits_trans":         {"created_at"},
		"credits_trans_archive": {"created_at"},
		"feedbacks":             {"created_at"},
		"generations":           {"completed_at", "created_at", "started_at", "updated_at"},
		"generations_archive":   {"completed_at", "created_at", "started_at", "updated_at"},
		"orders": {
			"created_at", "credits_expire_at", "next_grant_at", "paid_at", "period_end", "period_start", "refunded_at",
			"sub_ended_at", "updated_at",
		},
		"payments": {"created_at", "failed_at", "paid_at", "updated_at"},
		"subscriptions": {
			"as_of", "created_at", "ended_at", "period_end", "period_start", "trial_end", "updated_at",
		},
		"post_slugs":      {"left_at"},
		"posts":           {"created_at", "published_at", "updated_at"},
		"user_identities": {"created_at", "updated_at"},
		"users":           {"created_at", "deleted_at", "updated_at"},
		"welcome_claims":  {"created_at"},
	}
}
