package orders

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/adopted"
)

// The original application grants an order's credits when it learns of the payment. An entry
// that is nearer than the next one by at least a minute is the order's.
const (
	grantWindow = 24 * time.Hour
	grantMargin = time.Minute
)

// orphaned reports whether only the original application can have granted the order's credits,
// and the entry is unknown.
func (o *Order) orphaned() bool {
	return o.Status == StatusPaid && o.PaidAmount == nil && o.GrantKey == ""
}

// findGrant looks for the credits of one of the original application's orders, under its lock,
// and records them in the row, which the caller writes. key is that of the entry, if the caller
// knows it.
func (o *Order) findGrant(ctx context.Context, tx bun.Tx, key string) error {
	if !o.orphaned() {
		return nil
	}
	op, err := adopted.Row{
		UserUUID: o.UserUUID, Key: key, Look: o.lookForGrant, Kind: credits.KindPaidGrant, What: "grant", Field: "GrantKey",
	}.Operation(ctx, tx)
	if err != nil || op == nil {
		return err
	}
	o.GrantKey, o.Credits = op.Key, op.Amount
	if expires := op.Entries[0].ExpiresUs; expires < lastExpiry {
		o.CreditsExpireAt = time.UnixMicro(expires).UTC()
	}
	if o.PaidAt.IsZero() {
		o.PaidAt = o.CreatedAt
	}
	return nil
}

// lastExpiry is the latest time that a column of an order can hold, in microseconds: the end of
// the year 9999.
const lastExpiry = 253_402_300_799_000_000

// lookForGrant returns the key of the entry that is the order's, empty for none.
func (o *Order) lookForGrant(ctx context.Context, db bun.IDB) (string, error) {
	var others []Order
	err := db.NewSelect().Model(&others).Column("order_no", "created_at", "paid_at", "grant_key", "paid_amount").
		Where("user_uuid = ?", o.UserUUID).Where("status IN (?, ?)", StatusPaid, StatusRefunded).
		Where("order_no <> ?", o.OrderNo).Scan(ctx)
	if err != nil {
		return "", dialect.Classify(err)
	}
	q := adopted.Query{
		UserUUID: o.UserUUID, Type: credits.TypeOrderPay, Amount: o.Credits, Column: "order_no", Number: o.OrderNo,
		Near: o.times(), Window: grantWindow, Margin: grantMargin,
	}
	for i := range others {
		switch other := &others[i]; {
		case other.GrantKey != "":
			q.Taken = append(q.Taken, other.GrantKey)
		case other.PaidAmount == nil:
			q.Rivals = append(q.Rivals, other.times()...)
		}
	}
	key, fits, err := adopted.Find(ctx, db, q)
	if err != nil || len(fits) == 0 {
		return key, err
	}
	return "", &credits.AmbiguousError{What: "order", Name: o.OrderNo, Field: "GrantKey", Keys: fits}
}

// times returns the times at which the original may have granted the order's credits.
func (o *Order) times() []time.Time {
	return slices.DeleteFunc([]time.Time{o.CreatedAt, o.PaidAt}, time.Time.IsZero)
}

// AdoptParams configure [Adopt].
type AdoptParams struct {
	// DryRun counts and writes nothing.
	DryRun bool
}

// AdoptResult is what [Adopt] found.
type AdoptResult struct {
	// Linked counts paid orders whose credits were found, and Unknown those whose
	// credits were not. Ambiguous lists orders that several entries fit.
	Linked    int64                     `json:"linked"`
	Unknown   int64                     `json:"unknown"`
	Ambiguous []*credits.AmbiguousError `json:"ambiguous,omitempty"`
	// Dated counts paid orders without a PaidAt, which is set to their time of
	// creation.
	Dated int64 `json:"dated"`
}

// Adopt finds the credits that the original application of an adopted database
// granted for paid orders, and records which entries they are, as [Refund] does. The
// only column of the original that it changes is an empty paid_at.
//
// Each order is handled in a transaction of its own; the pass may be stopped and
// restarted.
//
// Errors: *dialect.Error, after which earlier orders are done.
func Adopt(ctx context.Context, db *bun.DB, p AdoptParams) (*AdoptResult, error) {
	result := &AdoptResult{}
	return result, adopted.Each(ctx, db, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("status = ?", StatusPaid).Where("paid_amount IS NULL").Where("grant_key IS NULL")
	}, func(o *Order) int64 { return o.ID }, func(o *Order) error {
		return result.adopt(ctx, db, o, p.DryRun)
	})
}

// adopt looks for one order's credits. Several candidates are not an error of the pass.
func (r *AdoptResult) adopt(ctx context.Context, db *bun.DB, seen *Order, dry bool) error {
	done := AdoptResult{}
	var ambiguous *credits.AmbiguousError
	look := func(ctx context.Context, db bun.IDB, o *Order) error {
		ambiguous, done = nil, AdoptResult{}
		var err error
		if tx, inTx := dialect.TxOf(db); inTx {
			err = o.findGrant(ctx, tx, "")
		} else {
			o.GrantKey, err = o.lookForGrant(ctx, db)
		}
		if seen.PaidAt.IsZero() && !o.CreatedAt.IsZero() {
			o.PaidAt, done.Dated = o.CreatedAt, 1
		}
		switch {
		case errors.As(err, &ambiguous):
			return nil
		case o.GrantKey != "":
			done.Linked = 1
		default:
			done.Unknown = 1
		}
		return err
	}
	var err error
	if dry {
		err = look(ctx, db, seen)
	} else {
		err = dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
			o, err := GetParams{OrderNo: seen.OrderNo, UserUUID: seen.UserUUID}.lock(ctx, tx)
			if err != nil || !o.orphaned() {
				return err
			}
			if err := look(ctx, tx, o); err != nil || done.Linked+done.Dated == 0 {
				return err
			}
			return update(ctx, tx, o)
		})
	}
	r.Linked, r.Unknown, r.Dated = r.Linked+done.Linked, r.Unknown+done.Unknown, r.Dated+done.Dated
	if ambiguous != nil {
		r.Ambiguous = append(r.Ambiguous, ambiguous)
	}
	return err
}
