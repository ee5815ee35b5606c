package chameleon_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// columns of the ten tables, with the types that the specification gives them.
var columns = map[string]string{
	"users": `id integer, uuid varchar(255), email varchar(255), nickname varchar(255), avatar_url varchar(255),
		invite_code varchar(255), invited_by varchar(255), is_affiliate boolean, created_at timestamp, updated_at timestamp`,
	"orders": `id integer, order_no varchar(255), user_uuid varchar(255), product_id varchar(255), product_name varchar(255),
		amount integer, currency varchar(10), status varchar(50), pay_type varchar(50), sub_id varchar(255),
		interval varchar(50), created_at timestamp, paid_at timestamp`,
	"credits": `id integer, user_uuid varchar(255), left_credits integer, total_credits integer, updated_at timestamp`,
	"credits_trans": `id integer, user_uuid varchar(255), trans_type varchar(50), credits integer, expired_at varchar(255),
		created_at timestamp`,
	"generations": `id integer, gen_id varchar(255), user_uuid varchar(255), ai_type varchar(50), provider varchar(50),
		model varchar(255), prompt text, result_urls text, status varchar(50), credits_cost integer, created_at timestamp,
		completed_at timestamp, error_message text`,
	"ai_provider_keys": `id integer, provider_name varchar(50), api_key text, model_config text, is_enabled boolean,
		updated_at timestamp`,
	"posts": `id integer, uuid varchar(255), title varchar(255), description text, content text, slug varchar(255),
		locale varchar(10), status varchar(50), created_at timestamp, updated_at timestamp`,
	"feedbacks": `id integer, user_uuid varchar(255), content text, rating integer, created_at timestamp`,
	"affiliates": `id integer, user_uuid varchar(255), order_uuid varchar(255), customer_email varchar(255),
		order_amount integer, commission_rate integer, commission_amount integer, status varchar(50), created_at timestamp`,
	"apikeys": `id integer, name varchar(255), key varchar(255), user_uuid varchar(255), status varchar(50),
		created_at timestamp`,
}

// spellings are the engines' names for these types.
var spellings = map[string][]string{
	"integer":   {"integer", "int", "bigint", "int(11)", "bigint(20)"},
	"text":      {"text", "mediumtext"},
	"boolean":   {"boolean", "tinyint(1)"},
	"timestamp": {"timestamp with time zone", "datetime(6)", "timestamp"},
}

// indexes are those of the specification. What is "unique" admits no second row.
var indexes = []struct {
	table, column string
	unique        bool
}{
	{"users", "email", true},
	{"users", "uuid", true},
	{"users", "invite_code", true},
	{"orders", "order_no", true},
	{"orders", "user_uuid", false},
	{"credits_trans", "user_uuid", false},
	{"generations", "gen_id", true},
	{"generations", "user_uuid", false},
	{"ai_provider_keys", "provider_name", true},
	{"posts", "uuid", true},
	{"apikeys", "key", true},
}

// schemaRules are a rule for each table and each index.
func schemaRules() []rule {
	var rules []rule
	for table := range columns {
		rules = append(rules, rule{name: "table_" + table, holds: func(t *testing.T, env *enginetest.Env) {
			live := liveColumns(t, env.DB, table)
			for want := range strings.SplitSeq(columns[table], ",") {
				name, kind, _ := strings.Cut(strings.TrimSpace(want), " ")
				allowed := spellings[kind]
				if length, isChar := strings.CutPrefix(kind, "varchar"); isChar {
					allowed = []string{kind, "character varying" + length}
				}
				assert.Contains(t, allowed, live[name], "%s.%s", table, name)
			}
		}})
	}
	slices.SortFunc(rules, func(a, b rule) int { return strings.Compare(a.name, b.name) })
	for _, index := range indexes {
		name := "index_" + index.table + "_" + index.column
		if index.unique {
			name += "_unique"
		}
		rules = append(rules, rule{name: name, holds: func(t *testing.T, env *enginetest.Env) {
			unique := index.unique
			if env.Sharded && index.table == "generations" {
				unique = false // unique for each user: docs/sharding.md
			}
			assert.Contains(t, liveIndexes(t, env.DB, index.table, unique), index.column)
		}})
	}
	return rules
}

// liveColumns reads a table's columns and their types from the database.
func liveColumns(t *testing.T, db *bun.DB, table string) map[string]string {
	t.Helper()
	query := `SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS kind FROM pg_attribute a
		WHERE a.attrelid = to_regclass(?) AND a.attnum > 0 AND NOT a.attisdropped`
	switch dialect.Of(db).Engine {
	case dialect.SQLite:
		query = "SELECT name, type AS kind FROM pragma_table_info(?)"
	case dialect.MySQL, dialect.MariaDB:
		query = "SELECT COLUMN_NAME AS name, COLUMN_TYPE AS kind FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?"
	}
	var rows []struct{ Name, Kind string }
	require.NoError(t, db.NewRaw(query, table).Scan(t.Context(), &rows))
	live := map[string]string{}
	for _, row := range rows {
		live[row.Name] = strings.ToLower(row.Kind)
	}
	return live
}

// liveIndexes reads the columns that a table's unique indexes stand on alone,
// or those that its indexes begin with.
func liveIndexes(t *testing.T, db *bun.DB, table string, unique bool) []string {
	t.Helper()
	query := `SELECT i.indexrelid::regclass::text AS name, a.attname AS "column", i.indisunique AND i.indpred IS NULL AS only
		FROM pg_index i CROSS JOIN unnest(i.indkey) WITH ORDINALITY k(attnum, place)
		JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
		WHERE i.indrelid = to_regclass(?) AND i.indisvalid ORDER BY 1, k.place`
	switch dialect.Of(db).Engine {
	case dialect.SQLite:
		query = `SELECT l.name, x.name AS "column", l."unique" AND NOT l.partial AS only FROM pragma_index_list(?) l, pragma_index_info(l.name) x ORDER BY 1, x.seqno`
	case dialect.MySQL, dialect.MariaDB:
		query = "SELECT INDEX_NAME AS name, COLUMN_NAME AS `column`, NON_UNIQUE = 0 AND SUB_PART IS NULL AS only FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? ORDER BY 1, SEQ_IN_INDEX"
	}
	var rows []struct {
		Name, Column string
		Only         bool
	}
	require.NoError(t, db.NewRaw(query, table).Scan(t.Context(), &rows))
	var found []string
	for i, row := range rows {
		first := i == 0 || rows[i-1].Name != row.Name
		alone := first && (i+1 == len(rows) || rows[i+1].Name != row.Name)
		if first && !unique || alone && row.Only {
			found = append(found, row.Column)
		}
	}
	return found
}
