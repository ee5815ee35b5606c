package adopt

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/apikeys"
	"github.com/chameleon-go/chameleon/content"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/orders"
)

// Status is a status that another program gave to rows, in its own words.
type Status struct {
	Table  string `json:"table"`
	Status string `json:"status"`
	Rows   int64  `json:"rows"`
	// Becomes is what it means here, and what a final run makes of it; empty where
	// nobody knows: those rows stay as they are.
	Becomes string `json:"becomes,omitempty"`
}

// vocabulary says what a status of a table means here, and whether it is known.
type vocabulary struct {
	table string
	means func(string) (string, bool)
}

func vocabularies() []vocabulary {
	return []vocabulary{
		{"orders", func(s string) (string, bool) { is, ok := orders.Status(s).Foreign(); return string(is), ok }},
		{"generations", func(s string) (string, bool) { is, ok := generations.Status(s).Foreign(); return string(is), ok }},
		{"affiliates", func(s string) (string, bool) { is, ok := affiliates.Status(s).Foreign(); return string(is), ok }},
		{"apikeys", key},
		{"posts", post},
	}
}

func key(s string) (string, bool) {
	switch s {
	case "created", "enabled":
		return string(apikeys.StatusActive), true
	case "deleted", "disabled":
		return string(apikeys.StatusRevoked), true
	}
	return s, apikeys.Status(s) == apikeys.StatusActive || apikeys.Status(s) == apikeys.StatusRevoked
}

func post(s string) (string, bool) {
	switch s {
	case "online", "public":
		return string(content.PostPublished), true
	case "", "created", "offline", "private":
		return string(content.PostDraft), true
	}
	return s, content.PostStatus(s).Valid()
}

// statuses lists what is no status of ours, and gives rows ours in a final run.
func (r *run) statuses(ctx context.Context) error {
	for _, v := range vocabularies() {
		var found []struct {
			Status string `bun:",nullzero"`
			N      int64
		}
		err := r.db.NewSelect().Table(v.table).Column("status").ColumnExpr("COUNT(*) AS n").
			Group("status").Order("status").Scan(ctx, &found)
		if err != nil {
			return err
		}
		for _, f := range found {
			is, known := v.means(f.Status)
			if known && is == f.Status {
				continue
			}
			line := Status{Table: v.table, Status: f.Status, Rows: f.N}
			if known {
				line.Becomes = is
			}
			r.report.Statuses = append(r.report.Statuses, line)
			if known && !r.early() {
				if err := r.restate(ctx, v.table, f.Status, is); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// restateBatch is how many rows are given another status at a time.
const restateBatch = 1000

// restate gives rows another status, in small transactions.
func (r *run) restate(ctx context.Context, table, from, to string) error {
	for {
		var ids []int64
		err := r.db.NewSelect().Table(table).Column("id").Where("COALESCE(status, '') = ?", from).
			OrderExpr("id").Limit(restateBatch).Scan(ctx, &ids)
		if err != nil || len(ids) == 0 {
			return err
		}
		_, err = r.db.NewUpdate().Table(table).Set("status = ?", to).Where("id IN (?)", bun.List(ids)).
			Where("COALESCE(status, '') = ?", from).Exec(ctx)
		if err != nil {
			return err
		}
	}
}
