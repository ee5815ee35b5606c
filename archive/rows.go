package archive

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/internal/archived"
	"github.com/chameleon-go/chameleon/internal/moment"
	"github.com/chameleon-go/chameleon/internal/rows"
)

// rowArchiver moves generations to the archive, one by one: no row depends on another.
type rowArchiver struct {
	*archiver
	from    time.Time
	columns []string
}

// list lists users that have an old generation besides their latest.
func (r *rowArchiver) list(ctx context.Context, after string) (users []string, err error) {
	q := r.db.NewSelect().Model((*generations.Generation)(nil)).Distinct().Column("user_uuid").
		Where("?TableAlias.user_uuid > ?", after).OrderExpr("?TableAlias.user_uuid").Limit(int64(listed))
	return users, r.ripe(q, bun.Ident("g.user_uuid")).Scan(ctx, &users)
}

// ripe restricts q to generations that have ended and are old by all of their times,
// each user's latest excepted: numbers that were given are not given again, whatever
// becomes of a table's counter. user is whose they are.
func (r *rowArchiver) ripe(q *bun.SelectQuery, user any) *bun.SelectQuery {
	q = q.Where("?TableAlias.status IN (?)", bun.List([]generations.Status{generations.StatusCompleted, generations.StatusFailed}))
	q = moment.Within(q, "?TableAlias.created_at", time.Time{}, r.from)
	for _, column := range []string{"completed_at", "updated_at"} {
		at := moment.Column(dialect.Of(r.db), "?TableAlias."+column)
		q = q.Where("(?TableAlias."+column+" IS NULL OR "+at+" < ?)", moment.Arg(r.from))
	}
	return q.Where("EXISTS (SELECT 1 FROM generations AS later WHERE later.user_uuid = ? AND later.id > ?TableAlias.id)", user)
}

// of restricts q to generations of the user that are moved next.
func (r *rowArchiver) of(q *bun.SelectQuery, user string) *bun.SelectQuery {
	return r.ripe(q.Where("?TableAlias.user_uuid = ?", user), user)
}

// move moves one batch, whose rows it locks and not the account: a verb holds its
// generation until it has the account, so that neither waits for the other.
func (r *rowArchiver) move(ctx context.Context, user string) (moved int64, more bool, err error) {
	if foreign, err := r.foreigner(ctx, user); foreign || err != nil {
		return 0, false, err
	}
	err = dialect.InTx(ctx, r.db, func(ctx context.Context, tx bun.Tx) error {
		q := rows.ForUpdate(r.of(tx.NewSelect().Model((*generations.Generation)(nil)).Column("id"), user).
			OrderExpr("?TableAlias.id").Limit(int64(r.batch)), tx)
		moved, err = moveRows(ctx, tx, q, archived.Generations.Archive(), string(archived.Generations), r.columns, user)
		more = moved == int64(r.batch)
		return err
	})
	return moved, more, err
}

// count is move of a dry run.
func (r *rowArchiver) count(ctx context.Context, user string) (moved int64, more bool, err error) {
	if foreign, err := r.foreigner(ctx, user); foreign || err != nil {
		return 0, false, err
	}
	n, err := r.of(r.db.NewSelect().Model((*generations.Generation)(nil)), user).Count(ctx)
	return n, false, err
}

// foreigner reports whether another program writes to the user's account; who has
// none has no such program.
func (r *rowArchiver) foreigner(ctx context.Context, user string) (bool, error) {
	account := new(credits.Account)
	err := r.db.NewSelect().Model(account).Where("user_uuid = ?", user).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	foreign, err := r.foreign(ctx, r.db, account)
	if foreign {
		r.report.setAside(user)
	}
	return foreign, err
}

// rowRestorer moves generations back.
type rowRestorer struct {
	*mover
	columns []string
}

// list lists users that have archived generations.
func (r *rowRestorer) list(ctx context.Context, after string) (users []string, err error) {
	return users, archived.Generations.Half(r.db, (*generations.Generation)(nil)).Distinct().Column("user_uuid").
		Where("?TableAlias.user_uuid > ?", after).OrderExpr("?TableAlias.user_uuid").Limit(int64(listed)).Scan(ctx, &users)
}

// move moves one batch back, and waits for whoever works on one of its generations.
func (r *rowRestorer) move(ctx context.Context, user string) (moved int64, more bool, err error) {
	err = dialect.InTx(ctx, r.db, func(ctx context.Context, tx bun.Tx) error {
		q := rows.ForUpdate(archived.Generations.Half(tx, (*generations.Generation)(nil)).Column("id").
			Where("?TableAlias.user_uuid = ?", user).OrderExpr("?TableAlias.id").Limit(int64(r.batch)), tx)
		moved, err = moveRows(ctx, tx, q, string(archived.Generations), archived.Generations.Archive(), r.columns, user)
		more = moved == int64(r.batch)
		return err
	})
	return moved, more, err
}
