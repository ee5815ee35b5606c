package users

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/list"
)

// FillSearchParams configure [FillSearch].
type FillSearchParams struct {
	// All processes every user, in case another program updated some, instead of
	// only those that another program inserted.
	All bool
	// DryRun counts and writes nothing.
	DryRun bool
}

// FillSearchResult is what [FillSearch] did.
type FillSearchResult struct {
	// Filled is how many users were updated.
	Filled int64 `json:"filled"`
}

// FillSearch fills the columns that [Search] uses in rows written by other programs
// or an older version. Search finds such users without it, but has to scan all of
// them each time. It writes nothing that another program reads.
//
// Each user is handled in a transaction of its own; the pass may be stopped and
// restarted.
//
// Errors: *dialect.Error, after which earlier users are done, and the result says how
// many.
func FillSearch(ctx context.Context, db *bun.DB, p FillSearchParams) (*FillSearchResult, error) {
	result := &FillSearchResult{}
	for after := int64(0); ; {
		var found []User
		q := notDeleted(db.NewSelect().Model(&found)).Where("?TableAlias.id > ?", after)
		if !p.All {
			q = q.Where("?TableAlias.email_search IS NULL")
		}
		if err := q.OrderExpr("?TableAlias.id").Limit(list.MaxLimit).Scan(ctx); err != nil {
			return result, dialect.Classify(err)
		}
		for i := range found {
			if err := result.fill(ctx, db, &found[i], p.DryRun); err != nil {
				return result, err
			}
		}
		if len(found) < list.MaxLimit {
			return result, nil
		}
		after = found[len(found)-1].ID
	}
}

// fill brings one user in line.
func (r *FillSearchResult) fill(ctx context.Context, db *bun.DB, seen *User, dry bool) error {
	before := *seen
	if seen.setSearch(); *seen == before {
		return nil
	}
	if dry {
		r.Filled++
		return nil
	}
	err := dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		u, err := lockUser(ctx, tx, seen.UUID)
		if err != nil || u == nil {
			return err
		}
		u.setSearch()
		return updateUser(ctx, tx, u, "email_search", "nickname_search")
	})
	if err == nil {
		r.Filled++
	}
	return err
}
