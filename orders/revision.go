package orders

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/rows"
)

// What a verb does to an order may depend on others: on all orders of its subscription, on
// those that the same balance paid, on the payments that name it. One row is the lock for
// these, and is locked before they are read: the subscription's first order, the user's
// oldest one, the order itself. In a transaction of the caller's the lock alone does not
// help, because the list is read from a snapshot that may be older. So whoever changes
// something of the list also changes that row: its Revision. Then PostgreSQL refuses to lock
// it behind a snapshot (dialect.ErrTransient: the transaction is to be run again), and on
// MySQL and MariaDB the lists are read under locks ([rows.Now]).

// touch changes an order that is locked, for who reads what belongs to it.
func (o *Order) touch(ctx context.Context, tx bun.Tx) error {
	o.Revision++
	_, err := rows.Update(ctx, tx, o, o.own(), "revision")
	return err
}

// touchFirst changes the first order of o's subscription, if that is another one. It is
// locked.
func (o *Order) touchFirst(ctx context.Context, tx bun.Tx) error {
	if o.FirstOrderNo == "" || o.FirstOrderNo == o.OrderNo {
		return nil
	}
	change := func(where string, args ...any) (int64, error) {
		return rows.Affected(rows.Current(tx).NewUpdate().Model((*Order)(nil)).
			Set("revision = COALESCE(revision, 0) + 1").Where(where, args...).Exec(ctx))
	}
	_, err := rows.Each(ctx, tx, (*Order)(nil), change, "user_uuid = ? AND order_no = ?", o.UserUUID, o.FirstOrderNo)
	return err
}
