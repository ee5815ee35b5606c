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

// Narrow is a table whose IDs or amounts are 32-bit.
type Narrow struct {
	Table   string   `json:"table"`
	Columns []string `json:"columns,omitempty"`
	// LastID is the highest ID so far, and MaxID the highest possible; both are 0
	// if IDs are 64-bit.
	LastID int64 `json:"last_id,omitempty"`
	MaxID  int64 `json:"max_id,omitempty"`
	// NearEnd means that 80% of the IDs are used up.
	NearEnd bool `json:"near_end,omitempty"`
	// Statement makes the columns 64-bit, and Widened says that it was run.
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
