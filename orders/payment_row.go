package orders

import (
	"context"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/rows"
)

// findPayment reads a payment without a lock, nil for none. An empty provider
// is any.
func findPayment(ctx context.Context, db bun.IDB, provider PayType, ref string) (*Payment, error) {
	return scanPayment(ctx, rows.Now(ctx, db, paymentQuery(db, provider, ref)), ref)
}

// lockPayment reads a payment that is known to be there and holds its row until
// the transaction ends: a locking read of nothing would lock a gap on MySQL.
func lockPayment(ctx context.Context, tx bun.Tx, provider PayType, ref string) (*Payment, error) {
	return lockKnownPayment(ctx, tx, ofRef(provider, ref), ref)
}

// lockKnownPayment is lockPayment for one that which selects.
func lockKnownPayment(
	ctx context.Context, tx bun.Tx, which func(*bun.SelectQuery) *bun.SelectQuery, ref string,
) (*Payment, error) {
	pm := new(Payment)
	pm, err := pm.found(ref, rows.LockKnown(ctx, tx, pm, which))
	if err == nil && pm == nil {
		err = notFound("payment", "PayRef", ref)
	}
	return pm, err
}

func paymentQuery(db bun.IDB, provider PayType, ref string) *bun.SelectQuery {
	return ofRef(provider, ref)(db.NewSelect().Model((*Payment)(nil)))
}

// ofRef selects the payment of a provider's name for it.
func ofRef(provider PayType, ref string) func(q *bun.SelectQuery) *bun.SelectQuery {
	return named("ref", ref, provider, "id DESC")
}

func scanPayment(ctx context.Context, q *bun.SelectQuery, ref string) (*Payment, error) {
	pm := new(Payment)
	return pm.found(ref, q.Scan(ctx, pm))
}

// found returns the result of a query for a payment, nil for none.
func (pm *Payment) found(ref string, err error) (*Payment, error) {
	return found(pm, func(pm *Payment) bool { return pm.Ref == ref || pm.Invoice == ref }, err)
}

// insert stores a new payment, or returns the existing one, locked. Without a name of its own, a
// payment is identified by its invoice; one with a name does not take the invoice from another row.
func (pm *Payment) insert(ctx context.Context, tx bun.Tx) (stored *Payment, fresh bool, err error) {
	seen, err := findPayment(ctx, tx, pm.Provider, pm.Ref)
	if err != nil {
		return nil, false, err
	}
	ofInvoice, err := findInvoice(ctx, tx, pm.Provider, pm.Invoice)
	switch {
	case err != nil:
		return nil, false, err
	case pm.provisional() && (seen != nil || ofInvoice != nil):
		stored, err = lockInvoice(ctx, tx, pm.Provider, pm.Invoice)
		return stored, false, err
	}
	if ofInvoice != nil && (seen == nil || seen.ID != ofInvoice.ID) { // the invoice's comes first
		if _, err = lockInvoice(ctx, tx, pm.Provider, pm.Invoice); unless(err, ErrNotFound) != nil {
			return nil, false, err
		}
	}
	switch {
	case seen != nil:
		stored, err = lockPayment(ctx, tx, pm.Provider, pm.Ref)
		return stored, false, err
	case ofInvoice != nil:
		pm.Invoice = ""
	}
	inserted, err := rows.Insert(ctx, tx, pm)
	if err != nil || inserted {
		return pm, true, err
	}
	return pm.inserted(ctx, tx)
}

// inserted returns the row that was inserted in the meantime.
func (pm *Payment) inserted(ctx context.Context, tx bun.Tx) (stored *Payment, fresh bool, err error) {
	if pm.provisional() {
		stored, err = lockInvoice(ctx, tx, pm.Provider, pm.Invoice)
		return stored, false, err
	}
	stored, err = lockPayment(ctx, tx, pm.Provider, pm.Ref)
	if !errors.Is(err, ErrNotFound) || pm.Invoice == "" {
		return stored, false, err
	}
	pm.Invoice = "" // the invoice is what is taken
	return pm.insert(ctx, tx)
}

// update writes what verbs change on a payment that is locked.
func (pm *Payment) update(ctx context.Context, tx bun.Tx) error {
	_, err := rows.Update(ctx, tx, pm, pm.own(),
		"order_no", "user_uuid", "part_of", "status", "gross", "tax", "discount", "net", "currency", "refunded",
		"disputed", "reversals", "paid_at", "failed_at", "failure_reason", "updated_at")
	return err
}

// touch changes a locked row for who reads the parts of its invoice: see revision.go.
func (pm *Payment) touch(ctx context.Context, tx bun.Tx, at time.Time) error {
	pm.UpdatedAt = at
	_, err := rows.Update(ctx, tx, pm, pm.own(), "updated_at")
	return err
}

// own names the row.
func (pm *Payment) own() rows.Own {
	return rows.Own{ID: pm.ID, Key: []rows.Column{{Name: "provider", Value: pm.Provider}, {Name: "ref", Value: pm.Ref}}}
}

// withdraw deletes a payment that was inserted before it was refused.
func (pm *Payment) withdraw(ctx context.Context, tx bun.Tx, refusal error) error {
	return rows.Withdraw(ctx, tx, (*Payment)(nil), pm.own(), refusal)
}

func (pm *Payment) remove(ctx context.Context, tx bun.Tx) error {
	return rows.Delete(ctx, tx, (*Payment)(nil), pm.own())
}

// learn fills in what later reports say about a payment. After a failed attempt, the next report
// replaces what was known.
func (pm *Payment) learn(is *Payment) {
	if is.Currency != "" && (pm.Currency == "" || pm.Status == PaymentFailed) {
		pm.Gross, pm.Currency = is.Gross, is.Currency
	}
	if pm.Tax == 0 {
		pm.Tax = is.Tax
	}
	if pm.Discount == 0 {
		pm.Discount = is.Discount
	}
}
