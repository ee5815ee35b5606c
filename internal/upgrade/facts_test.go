package upgrade

import (
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
)

// facts are what a version told of a database, to be told again by later ones.
type facts struct {
	Ada  string `json:"ada"`
	Bob  string `json:"bob"`
	Gone string `json:"gone"`
	// APIKey is Bob's, Keyset opens the providers' keys: made for this test.
	APIKey   string             `json:"api_key"`
	Keyset   string             `json:"keyset"`
	Accounts map[string]account `json:"accounts"`
}

// account is what the ledger tells of one.
type account struct {
	// Balances are those at the end of each day of the history.
	Balances []balance `json:"balances"`
	Lines    []line    `json:"lines"`
	Head     string    `json:"head"`
}

type balance struct {
	Available int64 `json:"available"`
	Held      int64 `json:"held"`
	Debt      int64 `json:"debt"`
	Total     int64 `json:"total"`
	Expired   int64 `json:"expired"`
}

// line is a line of the account's statement.
type line struct {
	Key       string       `json:"key,omitempty"`
	Kind      credits.Kind `json:"kind"`
	Type      string       `json:"type"`
	Amount    int64        `json:"amount"`
	Held      int64        `json:"held"`
	Balance   int64        `json:"balance"`
	Available int64        `json:"available"`
	At        time.Time    `json:"at"`
	OrderNo   string       `json:"order_no,omitempty"`
	GenID     string       `json:"gen_id,omitempty"`
	Metadata  string       `json:"metadata,omitempty"`
}

// lastDay is the last day of the history.
const lastDay = 20

// accounts asks for all accounts.
func accounts(t *testing.T, db *bun.DB) map[string]account {
	t.Helper()
	all := map[string]account{}
	for _, head := range must(audit.ExportHeads(t.Context(), db, audit.ExportHeadsParams{}))(t).Items {
		a := account{Head: head.Hash}
		for n := range lastDay {
			b := must(credits.Balance(t.Context(), db, credits.BalanceParams{UserUUID: head.UserUUID, At: day(n)}))(t)
			a.Balances = append(a.Balances, balance{b.Available, b.Held, b.Debt, b.Total, b.Expired})
		}
		page := must(credits.Statement(t.Context(), db, credits.StatementParams{UserUUID: head.UserUUID, Limit: 100}))(t)
		for _, l := range page.Items {
			a.Lines = append(a.Lines, line{
				l.Key, l.Kind, l.Type, l.Amount, l.Held, l.Balance, l.Available, l.At, l.OrderNo, l.GenID, l.Metadata,
			})
		}
		all[head.UserUUID] = a
	}
	return all
}
