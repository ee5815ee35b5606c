package generations

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/archived"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// GetParams names a generation.
type GetParams struct {
	// GenID is required.
	GenID string
	// UserUUID, when set, is who must own the generation.
	UserUUID string
}

// check returns an *InvalidError for a field of p.
func (p GetParams) check() error {
	err := valid.Identifier("GenID", p.GenID, maxName)
	if err == nil && p.UserUUID != "" {
		err = valid.UUID("UserUUID", p.UserUUID)
	}
	return err
}

// Get finds a generation.
//
// Errors: *InvalidError for a field of p, *NotFoundError when there is no such
// generation or another user owns it, and *dialect.Error when the engine fails.
func Get(ctx context.Context, db bun.IDB, p GetParams) (*Generation, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	ctx, db, done, err := dialect.Reading(ctx, db)
	if err != nil {
		return nil, err
	}
	defer done()
	return p.find(ctx, db)
}

// lock locks the generation. Where the caller does not say whose it is, that is
// found first: a statement that locks names the user, because only then does a
// router over shards know where the row is. Whose a generation is never changes.
func (p GetParams) lock(ctx context.Context, tx bun.Tx) (*Generation, error) {
	if p.UserUUID == "" {
		g, err := p.find(ctx, tx)
		if err != nil {
			return nil, err
		}
		p.UserUUID = g.UserUUID
	}
	g := new(Generation)
	err := rows.Lock(ctx, tx, g, p.where)
	if errors.Is(err, sql.ErrNoRows) {
		return p.lockArchived(ctx, tx)
	}
	return p.named(g, err)
}

// find reads the generation without a lock.
//
// Where the table is sharded a GenID is unique for each user alone.
func (p GetParams) find(ctx context.Context, db bun.IDB) (*Generation, error) {
	found, err := p.rows(ctx, db)
	found = slices.DeleteFunc(found, func(g Generation) bool { return g.GenID != p.GenID })
	switch {
	case err != nil:
		return nil, dialect.Classify(err)
	case len(found) == 0:
		return nil, notFound("GenID", p.GenID, p.UserUUID)
	case len(found) > 1:
		return nil, valid.Failf("UserUUID", "required: several users have a generation with this GenID")
	}
	return &found[0], nil
}

// rows reads what the generation may be, two rows at most. The table is read alone
// first. Where it has none, it is read together with its archive: the row may have come
// back from there meanwhile.
func (p GetParams) rows(ctx context.Context, db bun.IDB) ([]Generation, error) {
	where, args := "g.gen_id = ?", []any{p.GenID}
	if p.UserUUID != "" {
		where, args = where+" AND g.user_uuid = ?", append(args, p.UserUUID)
	}
	var found []Generation
	err := rows.Select[Generation](db, where+" LIMIT 2", args...).Scan(ctx, &found)
	if err == nil && len(found) == 0 {
		err = archived.Generations.Select(db, &found, (*Generation)(nil), p.where).Limit(2).Scan(ctx)
	}
	return found, err
}

// where restricts q to the generation.
func (p GetParams) where(q *bun.SelectQuery) *bun.SelectQuery {
	q = q.Where("gen_id = ?", p.GenID)
	if p.UserUUID != "" {
		q = q.Where("user_uuid = ?", p.UserUUID)
	}
	return q
}

// named is what a query for the generation found: an adopted column may compare
// without case.
func (p GetParams) named(g *Generation, err error) (*Generation, error) {
	switch {
	case errors.Is(err, sql.ErrNoRows), err == nil && g.GenID != p.GenID:
		return nil, notFound("GenID", p.GenID, p.UserUUID)
	case err != nil:
		return nil, dialect.Classify(err)
	}
	return g, nil
}
