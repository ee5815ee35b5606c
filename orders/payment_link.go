package orders

import (
	"context"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// LinkPaymentParams say which payment paid an invoice.
type LinkPaymentParams struct {
	// Provider is the provider that the IDs belong to, required.
	Provider PayType
	// PayRef is its ID of the payment and Invoice that of the invoice, at most
	// 255 characters each, required.
	PayRef, Invoice string
	// Paid is the amount paid; nil if the provider does not say.
	Paid *Money
	// At is when it was paid; zero means now.
	At time.Time
}

// LinkPayment records the ID by which the provider's refunds and disputes will
// refer to the payment of an invoice, for providers that report the payment
// itself without it. It grants nothing; MarkPaid and Renew do, before or after.
// Refunds reported earlier are applied once both are known.
//
// Result.Order is nil while nothing else is known about the invoice.
//
// Errors, after which nothing is written: *InvalidError for a field of p;
// *PaymentTakenError when the payment paid another order; *StateError when
// another program gave the order an unknown status; *dialect.Error when the
// engine fails.
func LinkPayment(ctx context.Context, db bun.IDB, p LinkPaymentParams) (*Result, error) {
	at, atErr := valid.Time("At", p.At)
	paid, paidErr := p.Paid.check("Paid")
	err := valid.First(
		p.Provider.check("Provider"), valid.Identifier("PayRef", p.PayRef, maxName),
		valid.Identifier("Invoice", p.Invoice, maxName), paidErr, atErr,
	)
	if err != nil {
		return nil, err
	}
	pay := &payment{provider: p.Provider, ref: p.PayRef, invoice: p.Invoice, paid: paid, at: at}
	var result *Result
	again := meanwhile(db)
	err = dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		var err error
		result, err = pay.link(ctx, tx, p.Provider, again)
		return err
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// link is LinkPayment in a transaction, which again restarts.
func (p *payment) link(ctx context.Context, tx bun.Tx, provider PayType, again error) (*Result, error) {
	known, settled, err := p.linked(ctx, tx, provider)
	if err != nil {
		return nil, err
	}
	seen := false
	if !settled {
		if known, seen, err = p.wait(ctx, tx, provider, known); err != nil {
			return nil, err
		}
		if !known.Status.waiting() && again != nil {
			return nil, again
		}
	}
	switch {
	case known.Status.waiting():
		return &Result{Payment: known, Replayed: seen}, nil
	case known.Status == PaymentPaid && known.Ref != p.ref && !known.provisional():
		return p.linkPart(ctx, tx, known)
	}
	o, err := GetParams{OrderNo: known.OrderNo}.lock(ctx, tx)
	if err != nil {
		return nil, err
	}
	if known.provisional() { // another payment may have got its place before the order was locked
		main, err := lockInvoice(ctx, tx, provider, known.Invoice)
		if err != nil {
			return nil, err
		}
		if known = main; main.Status == PaymentPaid && main.Ref != p.ref && !main.provisional() {
			return p.linkPart(ctx, tx, main)
		}
	}
	if known.Status == PaymentSurplus {
		return p.linkSurplus(ctx, tx, o)
	}
	result, err := p.settle(ctx, tx, o)
	if err != nil {
		return nil, err
	}
	return result, p.isPart(ctx, tx, o, result.Payment)
}

// linked finds the payment by its invoice or by its own name, and whether its order is known; nil for
// none.
func (p *payment) linked(ctx context.Context, tx bun.Tx, provider PayType) (*Payment, bool, error) {
	ofInvoice, err := findInvoice(ctx, tx, provider, p.invoice)
	if err != nil || ofInvoice != nil && !ofInvoice.Status.waiting() {
		return ofInvoice, true, err
	}
	own, err := findPayment(ctx, tx, provider, p.ref)
	if err != nil || own != nil && !own.Status.waiting() {
		return own, true, err
	}
	return ofInvoice, false, nil
}

// linkPart names another payment of an invoice: a part of it, or surplus.
func (p *payment) linkPart(ctx context.Context, tx bun.Tx, main *Payment) (*Result, error) {
	o, err := GetParams{OrderNo: main.OrderNo}.lock(ctx, tx)
	if err != nil {
		return nil, err
	}
	if main, err = lockPayment(ctx, tx, main.Provider, main.Ref); err != nil {
		return nil, err
	}
	draft := p.row(o)
	draft.Status, draft.Invoice, draft.PartOf = PaymentUnmatched, "", p.invoice
	draft.OrderNo, draft.UserUUID, draft.PaidAt = "", "", time.Time{}
	row, fresh, err := draft.insert(ctx, tx)
	if err != nil {
		return nil, err
	}
	was := row.Status
	if row.OrderNo != o.OrderNo && !was.waiting() {
		return nil, &PaymentTakenError{PayRef: row.Ref, OrderNo: row.OrderNo, Other: o.OrderNo}
	}
	if was == PaymentPaid {
		return &Result{Order: o, Payment: row, Replayed: true}, nil
	}
	row.PartOf = p.invoice
	row.learn(p.row(o))
	if err := row.update(ctx, tx); err != nil {
		return nil, err
	}
	if err := o.touch(ctx, tx); err != nil {
		return nil, err
	}
	if err := p.parts(ctx, tx, o, main); err != nil {
		return nil, err
	}
	if row, err = lockPayment(ctx, tx, row.Provider, row.Ref); err != nil {
		return nil, err
	}
	if row.Status == PaymentPaid {
		return &Result{Order: o, Payment: row}, nil
	}
	return p.surplus(ctx, tx, o, row, fresh)
}

// linkSurplus names a surplus payment.
func (p *payment) linkSurplus(ctx context.Context, tx bun.Tx, o *Order) (*Result, error) {
	row, fresh, err := p.row(o).insert(ctx, tx)
	if err != nil {
		return nil, err
	}
	row.learn(p.row(o))
	if p.paid != nil && row.Currency == p.paid.Currency && p.paid.Amount < row.Gross { // its invoice was told with the sum of several
		row.Gross = p.paid.Amount
	}
	result, err := p.surplus(ctx, tx, o, row, fresh)
	if err != nil {
		return nil, err
	}
	if err := row.named(ctx, tx, p.row(o)); err != nil {
		return nil, err
	}
	if row.Invoice == "" {
		row.PartOf = p.invoice
		if err := row.update(ctx, tx); err != nil {
			return nil, err
		}
	}
	return result, row.surplusParts(ctx, tx, p.at)
}

// wait keeps the payment until its order is known, under its own name if a failed attempt has the
// invoice's. It returns the row, and whether all of this was known before.
func (p *payment) wait(ctx context.Context, tx bun.Tx, provider PayType, known *Payment) (row *Payment, seen bool, err error) {
	draft := &Payment{
		Provider: provider, Ref: p.ref, Invoice: p.invoice, Status: PaymentUnmatched, CreatedAt: p.at, UpdatedAt: p.at,
	}
	if p.paid != nil {
		draft.Gross, draft.Currency = p.paid.Amount, p.paid.Currency
	}
	if known != nil {
		draft.OrderNo = known.OrderNo
	}
	is := *draft
	stored, fresh, err := draft.insert(ctx, tx)
	if err != nil || !stored.Status.waiting() {
		return stored, true, err
	}
	before := *stored
	stored.worked()
	stored.learn(&is)
	if err := stored.named(ctx, tx, &is); err != nil {
		return nil, false, err
	}
	row = stored
	if stored.Invoice == "" {
		other, err := lockInvoice(ctx, tx, provider, p.invoice)
		switch {
		case errors.Is(err, ErrNotFound): // another payment has replaced it
			return stored, false, stored.update(ctx, tx)
		case err != nil:
			return nil, false, err
		case other.provisional():
			return other, false, nil
		case !other.Status.waiting():
			row = other
		}
		stored.PartOf = p.invoice // it is paid in parts
		if err := other.touch(ctx, tx, p.at); err != nil {
			return nil, false, err
		}
	}
	if !fresh && *stored == before {
		return row, true, nil
	}
	return row, false, stored.update(ctx, tx)
}
