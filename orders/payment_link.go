package orders

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// LinkPaymentParams say which payment paid an invoice.
type LinkPaymentParams struct {
	// Provider is whose names these are, required.
	Provider PayType
	// PayRef is its name for the payment and Invoice that for the invoice, at
	// most 255 characters each, required.
	PayRef, Invoice string
	// Paid is what the payment was; nil where the provider does not say.
	Paid *Money
	// At is when it was paid; zero means now.
	At time.Time
}

// LinkPayment records by which name the provider's refunds and disputes will call
// the payment of an invoice, for providers that report the payment without it.
// It grants nothing: MarkPaid and Renew do, before or after. Refunds that were
// reported of the payment before are applied when both are known.
//
// Result.Order is nil while nothing else is known of the invoice. Errors, after
// which nothing is written: *InvalidError for a field of p, *PaymentTakenError
// when the payment is one of another order, and *dialect.Error when the engine
// fails.
func LinkPayment(ctx context.Context, db bun.IDB, p LinkPaymentParams) (*Result, error) {
	at, atErr := valid.Time("At", p.At)
	paid, paidErr := p.Paid.check("Paid")
	err := valid.First(
		oneOf("Provider", p.Provider), valid.Identifier("PayRef", p.PayRef, maxName),
		valid.Identifier("Invoice", p.Invoice, maxName), paidErr, atErr,
	)
	if err != nil {
		return nil, err
	}
	pay := &payment{ref: p.PayRef, invoice: p.Invoice, paid: paid, at: at}
	var result *Result
	err = dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		var err error
		result, err = pay.link(ctx, tx, p.Provider)
		return err
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// link is LinkPayment in a transaction.
func (p *payment) link(ctx context.Context, tx bun.Tx, provider PayType) (*Result, error) {
	known, err := findInvoice(ctx, tx, provider, p.invoice)
	if err != nil {
		return nil, err
	}
	seen := known != nil && known.Ref == p.ref
	if known == nil || known.Status.waiting() {
		if known, err = p.wait(ctx, tx, provider, known); err != nil {
			return nil, err
		}
	}
	if known.Status.waiting() {
		return &Result{Payment: known, Replayed: seen}, nil
	}
	o, err := GetParams{OrderNo: known.OrderNo}.lock(ctx, tx)
	if err != nil {
		return nil, err
	}
	if known.Status == PaymentSurplus {
		return p.linkSurplus(ctx, tx, o)
	}
	return p.settle(ctx, tx, o)
}

// linkSurplus names a payment that is one too many.
func (p *payment) linkSurplus(ctx context.Context, tx bun.Tx, o *Order) (*Result, error) {
	row, fresh, err := p.row(o).insert(ctx, tx)
	if err != nil {
		return nil, err
	}
	row.learn(p.row(o))
	result, err := p.surplus(ctx, tx, o, row, fresh)
	if err != nil {
		return nil, err
	}
	return result, row.named(ctx, tx, p.row(o))
}

// wait keeps the payment until its order is known, under its own name if an
// attempt that failed has the invoice's. It returns the row that is there
// meanwhile.
func (p *payment) wait(ctx context.Context, tx bun.Tx, provider PayType, known *Payment) (*Payment, error) {
	row := &Payment{
		Provider: provider, Ref: p.ref, Invoice: p.invoice, Status: PaymentUnmatched, CreatedAt: p.at, UpdatedAt: p.at,
	}
	if p.paid != nil {
		row.Gross, row.Currency = p.paid.Amount, p.paid.Currency
	}
	if known != nil {
		row.OrderNo = known.OrderNo
	}
	is := *row
	stored, _, err := row.insert(ctx, tx)
	if err != nil || !stored.Status.waiting() {
		return stored, err
	}
	if err := stored.named(ctx, tx, &is); err != nil || stored.Invoice != "" {
		return stored, err
	}
	other, err := lockInvoice(ctx, tx, provider, p.invoice)
	if err != nil || !other.provisional() { // the invoice was paid in parts
		return stored, unless(err, ErrNotFound)
	}
	return other, nil
}
