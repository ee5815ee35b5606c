package width

import (
	"context"
	"math"
	"strings"

	"github.com/uptrace/bun"
)

// readPostgres finds the table as a statement that names it does, by the
// search_path.
func readPostgres(ctx context.Context, db bun.IDB, table string) ([]column, error) {
	var narrow []column
	err := db.NewRaw("SELECT attname AS name, format_type(atttypid, NULL) AS type FROM pg_attribute "+
		"WHERE attrelid = to_regclass(?) AND attnum > 0 AND NOT attisdropped "+
		"AND format_type(atttypid, NULL) IN ('integer', 'smallint') ORDER BY attnum", table).Scan(ctx, &narrow)
	for i := range narrow {
		narrow[i].min, narrow[i].max = math.MinInt32, math.MaxInt32
		if narrow[i].Type == "smallint" {
			narrow[i].min, narrow[i].max = math.MinInt16, math.MaxInt16
		}
	}
	return narrow, err
}

func widenPostgres(columns []column) string {
	changes := make([]string, len(columns))
	for i, c := range columns {
		changes[i] = "ALTER COLUMN " + c.Name + " TYPE bigint"
	}
	return strings.Join(changes, ", ")
}
