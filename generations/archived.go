package generations

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/archived"
	"github.com/chameleon-go/chameleon/internal/rows"
)

// lockArchived is lock for a generation that is not in its table: it is locked in the
// archive, where it stays, or back in the table, if it is coming back.
func (p GetParams) lockArchived(ctx context.Context, tx bun.Tx) (*Generation, error) {
	seen, err := p.find(ctx, tx)
	if err != nil {
		return nil, err
	}
	g := new(Generation)
	for range looks {
		if err = archived.Generations.Lock(ctx, tx, g, seen.UserUUID, seen.ID); !errors.Is(err, sql.ErrNoRows) {
			break
		}
		if err = rows.LockKnown(ctx, tx, g, p.where); !errors.Is(err, sql.ErrNoRows) {
			break
		}
	}
	return p.named(g, err)
}

// looks is how often a generation is looked for in both tables: it may move from the
// one to the other between two looks.
const looks = 5

// store inserts a new generation, and reports whether no other has its name or Key.
// Each of the two tables keeps names unique, so that both are asked once the row stands:
// a name that the row has no other generation can bring to the archive, and what went
// there since a caller's snapshot is seen in the table. Names that are made up here are
// nobody's.
func (o order) store(ctx context.Context, tx bun.Tx, g *Generation) (bool, error) {
	inserted, err := rows.Insert(ctx, tx, g)
	if err != nil || !inserted || o.GenID == "" && o.Key == "" {
		return inserted, err
	}
	taken, err := o.taken(ctx, tx, g)
	if err != nil || !taken {
		return true, err
	}
	return false, withdraw(ctx, tx, g, nil)
}

// taken reports whether another generation than g, which stands and is found, too, has
// its name or the call's Key. Over shards names are the user's own.
func (o order) taken(ctx context.Context, tx bun.Tx, g *Generation) (bool, error) {
	var halves []any
	look := func(own bool, column, value string) {
		for _, q := range []*bun.SelectQuery{
			tx.NewSelect().Model((*Generation)(nil)), archived.Generations.Half(tx, (*Generation)(nil)),
		} {
			if own {
				q = q.Where("user_uuid = ?", g.UserUUID)
			}
			halves = append(halves, q.Column("id").Where("? = ?", bun.Ident(column), value))
		}
	}
	look(o.GenID == "" || !dialect.Of(tx).LocksTogether(), "gen_id", g.GenID)
	if o.Key != "" {
		look(true, "request_key", o.Key)
	}
	var ids []int64
	err := tx.NewRaw("?"+strings.Repeat(" UNION ALL ?", len(halves)-1), halves...).Scan(ctx, &ids)
	return len(ids) > len(halves)/2, dialect.Classify(err)
}

// updateArchived is update of a generation that is locked in the archive.
func updateArchived(ctx context.Context, tx bun.Tx, g *Generation, own rows.Own, columns []string) (int64, error) {
	return rows.Update(ctx, tx, &ArchivedGeneration{Generation: *g}, own, columns...)
}
