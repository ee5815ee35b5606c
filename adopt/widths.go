package adopt

import (
	"context"
	"slices"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/apikeys"
	"github.com/chameleon-go/chameleon/content"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/internal/width"
	"github.com/chameleon-go/chameleon/orders"
)

// Narrow is a table whose ids or amounts are of 32 bits.
type Narrow struct {
	Table   string   `json:"table"`
	Columns []string `json:"columns,omitempty"`
	// LastID is the highest id so far, and MaxID the last that there can be; both 0
	// where ids are wide.
	LastID int64 `json:"last_id,omitempty"`
	MaxID  int64 `json:"max_id,omitempty"`
	// NearEnd means that four fifths of the ids are used up.
	NearEnd bool `json:"near_end,omitempty"`
	// Statement makes them 64-bit, and Widened says that it was run.
	Statement string `json:"statement"`
	Widened   bool   `json:"widened,omitempty"`
}

// widths reports narrow columns and widens them by choice.
func (r *run) widths(ctx context.Context) error {
	seen := map[string]bool{}
	for _, model := range slices.Concat(orders.Models(), generations.Models(), apikeys.Models(), content.Models()) {
		table, err := width.TableOf(ctx, r.db, model)
		if err != nil {
			return err
		}
		if table == nil || seen[table.Name] {
			continue
		}
		seen[table.Name] = true
		n := Narrow{Table: table.Name, Columns: table.Columns, MaxID: table.MaxKey, Statement: table.Statement}
		if table.Key != "" {
			err := r.db.NewSelect().Table(table.Name).ColumnExpr("COALESCE(MAX(?), 0)", bun.Ident(table.Key)).Scan(ctx, &n.LastID)
			if err != nil {
				return err
			}
			n.NearEnd = n.LastID >= n.MaxID/5*4
		}
		if r.p.Widen && !r.p.DryRun {
			if _, err := r.db.ExecContext(ctx, n.Statement); err != nil {
				return err
			}
			n.Widened = true
		}
		r.report.Narrow = append(r.report.Narrow, n)
	}
	return nil
}
