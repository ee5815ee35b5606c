package enginetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chameleon-go/chameleon/dialect"
)

// narrowable are the columns of amounts that an adopted database, or one that an
// earlier version pushed, has in 32 bits.
var narrowable = []string{
	"credits.left_credits", "credits.total_credits", "credits_trans.credits", "credits_trans.held",
	"orders.amount", "orders.paid_amount", "orders.credits", "orders.refunded_amount", "orders.refunded_credits",
	"orders.carry_over", "orders.commission_amount", "generations.credits_cost", "generations.credits_refunded",
	"generations.credits_held", "affiliates.order_amount", "affiliates.commission_amount",
	"affiliates.reversed_amount", "affiliates.paid_amount", "affiliates.converted_credits", "users.welcome_credits",
}

// Narrow gives tables the 32-bit columns of an adopted database, and reports
// whether the engine has such: every integer of SQLite is 64-bit.
func (e *Env) Narrow(t testing.TB, tables ...string) bool {
	t.Helper()
	if e.Engine == dialect.SQLite {
		return false
	}
	changes := make(map[string][]string)
	for _, name := range narrowable {
		table, column, _ := strings.Cut(name, ".")
		if slices.Contains(tables, table) {
			changes[table] = append(changes[table], e.narrowing(t, table, column))
		}
	}
	for table, change := range changes {
		if _, err := e.DB.ExecContext(t.Context(), "ALTER TABLE "+table+" "+strings.Join(change, ", ")); err != nil {
			t.Fatalf("narrow %s on %s: %v", table, e.Engine, err)
		}
	}
	return true
}

func (e *Env) narrowing(t testing.TB, table, column string) string {
	t.Helper()
	if e.Engine == dialect.PostgreSQL {
		return "ALTER COLUMN " + column + " TYPE integer"
	}
	var nullable string
	err := e.DB.NewRaw("SELECT IS_NULLABLE FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() "+
		"AND TABLE_NAME = ? AND COLUMN_NAME = ?", table, column).Scan(t.Context(), &nullable)
	if err != nil {
		t.Fatalf("column %s.%s on %s: %v", table, column, e.Engine, err)
	}
	rest := " NULL COMMENT 'adopted; it''s \\\\ theirs'"
	if nullable == "NO" {
		rest = " NOT NULL DEFAULT 0"
	}
	return fmt.Sprintf("MODIFY %s int%s", column, rest)
}
