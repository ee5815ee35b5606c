package users

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/list"
)

// FillSearchParams ask for what is searched to be brought in line with the users.
type FillSearchParams struct {
	// All looks at every user, whom another program may have changed, instead of
	// those whom one inserted.
	All bool
	// DryRun counts and writes nothing.
	DryRun bool
}

// FillSearchResult is what became of them.
type FillSearchResult struct {
	// Filled users have got what they are searched by.
	Filled int64 `json:"filled"`
}

// FillSearch stores what users are searched by where other programs, or an older
// version, wrote their rows. [Search] finds such users without it, but looks at all
// of them each time. Nothing that another program reads is written.
//
// Each user is a transaction of its own; the pass may be stopped and begun again.
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
