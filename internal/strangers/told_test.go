package strangers_test

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/uptrace/bun"
)

// told is what the tables hold of a user and of those who are theirs alone, a row a line,
// without what differs from one user, moment or draw to the next.
func told(ctx context.Context, db bun.IDB, user string) (string, error) {
	var lines []string
	for table, columns := range map[string][]string{
		"users": {"uuid", "email"}, "user_identities": {"subject"}, "affiliates": {"customer_uuid"},
		"orders": {"user_uuid"}, "payments": {"ref", "order_no"}, "subscriptions": {"sub_id"},
		"generations": {"user_uuid"}, "apikeys": {"user_uuid"}, "feedbacks": {"user_uuid"},
		"posts": {"title"}, "post_slugs": {"slug_key"}, "ai_provider_keys": {"provider_name"},
		"credits": {"user_uuid"}, "credits_lots": {"user_uuid"}, "credits_holds": {"user_uuid"}, "credits_trans": {"user_uuid"},
	} {
		where, args := make([]string, len(columns)), make([]any, len(columns))
		for i, column := range columns {
			where[i], args[i] = column+" LIKE ?", "%"+user[24:]+"%"
		}
		rows, err := shownRows(ctx, db, table, strings.Join(where, " OR "), args)
		if err != nil {
			return "", fmt.Errorf("%s: %w", table, err)
		}
		for _, row := range rows {
			lines = append(lines, drawn().ReplaceAllString(strings.ReplaceAll(row, user[24:], "<user>"), "<drawn>"))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n"), nil
}

func shownRows(ctx context.Context, db bun.IDB, table, where string, args []any) (lines []string, err error) {
	found, err := db.QueryContext(ctx, "SELECT * FROM "+table+" WHERE "+where, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = found.Close() }() // read to the end, or an error is known
	columns, err := found.Columns()
	if err != nil {
		return nil, err
	}
	for found.Next() {
		values, into := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := found.Scan(into...); err != nil {
			return nil, err
		}
		line := table
		for i, column := range columns {
			if values[i].Valid && !isDrawn(table, column) {
				line += " " + column + "=" + values[i].String
			}
		}
		lines = append(lines, line)
	}
	return lines, found.Err()
}

// isDrawn reports whether a column is of a moment, drawn at random, numbered by the engine,
// or made of such.
func isDrawn(table, column string) bool {
	for _, part := range []string{"_at", "_us", "hash", "salt", "period_", "as_of", "renewal_key"} {
		if strings.HasPrefix(column, part) || strings.HasSuffix(column, part) {
			return true
		}
	}
	switch column {
	case "id", "call_id", "invite_code", "prefix", "trans_no", "api_key", "metadata", "counted", "revision":
		return true
	case "key":
		return table == "apikeys"
	case "uuid":
		return table == "posts"
	}
	return false
}

// drawn are names that are drawn, or made of the user's, and times within JSON.
func drawn() *regexp.Regexp {
	return regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}|ORD[A-Z2-7]{26}|redacted:\S+|` +
		`"\w*[aA]t(Us|_us)?":("[^"]*"|[0-9]+)|"\w*([uU]s)":[0-9]+`)
}
