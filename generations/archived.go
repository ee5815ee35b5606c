package generations

import (
	"context"
	"database/sql"
	"errors"

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
// Each of the two tables keeps names unique, so that the archive is asked once the row
// stands: a name that the row has no other generation can bring there. Names that are
// made up here are nobody's.
func (o order) store(ctx context.Context, tx bun.Tx, g *Generation) (bool, error) {
	inserted, err := rows.Insert(ctx, tx, g)
	if err != nil || !inserted || o.GenID == "" && o.Key == "" {
		return inserted, err
	}
	taken, err := o.archived(ctx, tx, g.GenID)
	if err != nil || !taken {
		return true, err
	}
	return false, withdraw(ctx, tx, g, nil)
}

// archived reports whether an archived generation has the name, or the call's Key. Over
// shards names are the user's own.
func (o order) archived(ctx context.Context, db bun.IDB, genID string) (bool, error) {
	q := func() *bun.SelectQuery { return archived.Generations.Half(db, (*Generation)(nil)).Column("id") }
	own := func(column, value string) *bun.SelectQuery {
		return q().Where("user_uuid = ?", o.UserUUID).Where(column+" = ?", value)
	}
	named := own("gen_id", genID)
	if o.GenID != "" && dialect.Of(db).LocksTogether() {
		named = q().Where("gen_id = ?", o.GenID)
	}
	var ids []int64
	err := db.NewRaw("? UNION ALL ?", named, own("request_key", o.Key)).Scan(ctx, &ids)
	return len(ids) > 0, dialect.Classify(err)
}

// updateArchived is update of a generation that is locked in the archive.
func updateArchived(ctx context.Context, tx bun.Tx, g *Generation, own rows.Own, columns []string) (int64, error) {
	return rows.Update(ctx, tx, &ArchivedGeneration{Generation: *g}, own, columns...)
}
