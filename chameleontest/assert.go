package chameleontest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/list"
)

// AssertBalance fails the test unless the account can spend exactly want credits now, and
// shows the account's latest lines. The debt of an account counts as a negative number of
// credits.
func AssertBalance(t testing.TB, db bun.IDB, account string, want int64) bool {
	t.Helper()
	balance, err := credits.Balance(t.Context(), db, credits.BalanceParams{UserUUID: account})
	if err != nil {
		t.Errorf("chameleontest: balance: %v", err)
		return false
	}
	if got := balance.Available - balance.Debt; got != want {
		t.Errorf("account %s has %d credits to spend, want %d; its latest lines:\n%s", account, got, want, latest(t, db, account))
		return false
	}
	return true
}

// Line is a line of a statement: one operation.
type Line struct {
	Kind credits.Kind
	// Type is the transaction type; empty takes any.
	Type string
	// Amount is the change of the balance, and Available what could be spent after it.
	Amount, Available int64
}

// String returns the line as Go source.
func (l Line) String() string {
	return fmt.Sprintf("{Kind: %q, Type: %q, Amount: %d, Available: %d}", l.Kind, l.Type, l.Amount, l.Available)
}

// AssertStatement fails the test unless the account's statement, oldest line first, is
// want. It shows the actual lines in a form that can be pasted into the test.
func AssertStatement(t testing.TB, db bun.IDB, account string, want ...Line) bool {
	t.Helper()
	got, err := statement(t.Context(), db, account)
	if err != nil {
		t.Errorf("chameleontest: statement: %v", err)
		return false
	}
	same := slices.EqualFunc(got, want, func(g, w Line) bool {
		return g.Kind == w.Kind && (w.Type == "" || w.Type == g.Type) && g.Amount == w.Amount && g.Available == w.Available
	})
	if !same {
		t.Errorf("account %s has the statement\n%s\nwant\n%s", account, text(got), text(want))
	}
	return same
}

// statement reads all lines of an account, oldest first.
func statement(ctx context.Context, db bun.IDB, account string) (lines []Line, err error) {
	p := credits.StatementParams{UserUUID: account, OldestFirst: true, Limit: list.MaxLimit}
	for {
		page, err := credits.Statement(ctx, db, p)
		if err != nil {
			return nil, err
		}
		lines = append(lines, linesOf(page.Items)...)
		if page.Next == "" {
			return lines, nil
		}
		p.Cursor = page.Next
	}
}

func linesOf(items []credits.StatementLine) []Line {
	lines := make([]Line, len(items))
	for i, item := range items {
		lines[i] = Line{Kind: item.Kind, Type: item.Type, Amount: item.Amount, Available: item.Available}
	}
	return lines
}

// latest shows the end of an account's statement, for a failure.
func latest(t testing.TB, db bun.IDB, account string) string {
	t.Helper()
	page, err := credits.Statement(t.Context(), db, credits.StatementParams{UserUUID: account, Limit: list.DefaultLimit})
	if err != nil {
		return "\t(no statement: " + err.Error() + ")"
	}
	lines := linesOf(page.Items)
	slices.Reverse(lines)
	return text(lines)
}

func text(lines []Line) string {
	if len(lines) == 0 {
		return "\t(no lines)"
	}
	var b strings.Builder
	for i, line := range lines {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString("\t" + line.String() + ",")
	}
	return b.String()
}
