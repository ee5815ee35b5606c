package orders

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/ledgerkey"
	"github.com/chameleon-go/chameleon/internal/moment"
	"github.com/chameleon-go/chameleon/internal/shown"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// maxRef is the longest name of a refund or dispute, in bytes.
const maxRef = 100

// RefundParams describe a refund of an order.
type RefundParams struct {
	// OrderNo or PayRef names the order. Set exactly one of them, unless
	// Provider is set.
	OrderNo string
	PayRef  string
	// Invoice names, instead of PayRef, the payment of one of the Provider's
	// invoices, which must be known: a refund by Invoice alone is not kept. With a
	// PayRef, it is the invoice which that payment paid, and identifies a payment
	// that was reported without its ID.
	Invoice string
	// Provider, when set, is the provider that PayRef belongs to. The payment
	// then determines the order. OrderNo, from the provider's metadata, is used
	// only for a one-time order whose payment is unknown. A report about an
	// unknown payment is kept, and applied once the payment is reported.
	Provider PayType
	// Of is the full amount of the payment in the terms of this report, if that
	// may differ from what the order records, as when one of them excludes taxes;
	// 0 means the recorded amount. The same fraction of the payment is taken,
	// rounded up.
	Of int64
	// Currency is that of the report; empty means the payment's.
	Currency string
	// Total is the running total of the money refunded, in the currency's
	// smallest unit: 500 and later 800 means 800 in all. A total lower than an
	// earlier one is a late report and changes nothing, unless AsOf says
	// otherwise. One above what was paid counts as all of it.
	Total int64
	// Ref is for providers that report refunds one by one: the ID of the refund
	// that Total belongs to, at most 100 bytes. Totals of different refunds add
	// up. An empty Ref stands for the running total of the whole order.
	Ref string
	// AsOf is when the provider stated a running total, or made the refund that
	// Ref names. With it, the latest running total counts even if it is lower,
	// and each named refund is known to be included in it or to have come after
	// it, so that a provider may report both. Zero means unknown: Total never
	// decreases, and named refunds are added to it.
	AsOf time.Time
	// Failed says that the refund Ref, of Total, did not reach the customer: the
	// money came back, and with it the credits and the commission, as after a
	// dispute that was won. This is final. Ref is required.
	Failed bool
	// GrantKey is the ledger's key of the order's credits, if the original
	// application of an adopted database granted them and they cannot be identified
	// otherwise: a *credits.AmbiguousError lists the candidates. It is ignored for
	// an order whose credits are known.
	GrantKey string
	// Policy says what becomes of credits already spent; empty means
	// credits.PolicyDebt.
	Policy credits.ClawBackPolicy
	// At is when it was refunded; zero means now.
	At time.Time
	// MaxAhead is how far At may be ahead of the database's clock; 0 means
	// credits.DefaultMaxAhead, and credits.AnyTime accepts any time.
	MaxAhead time.Duration
}

// Refund records that money of a paid order was given back. In one transaction it
// takes back credits and reduces the commission in proportion; once all money is
// refunded, the order is refunded and its commission rejected. A failed refund undoes
// all of that. A report that adds nothing is returned as a replay, which looks for
// the results of earlier reports, each by its key, redoes what is missing, and lists
// that in Mended. An order that another program marked as refunded loses its credits
// like any other, unless an entry that the ledger did not write may have taken them.
//
// The credits taken back in all are Credits × refunded ÷ paid, rounded down; those
// already spent become debt or are forgiven, according to the policy. If the
// original application of an adopted database granted an order's credits, they are
// those of the entry that names the order, or else of the entry of type order_pay
// closest to the order's times; if none fits, the credits stay.
//
// Errors, after which nothing is written:
//   - *InvalidError for a field of p, and for Total if the order cost nothing;
//   - *NotFoundError, also for an unknown PayRef without a Provider and for an
//     Invoice whose payment is unknown;
//   - *StateError when the order is pending, failed or cancelled: the call is
//     early, and the error Retryable;
//   - *CurrencyError when the report is in another currency than the payment;
//   - *credits.AmbiguousError when several entries of the original application may
//     be the order's credits; choose one with GrantKey;
//   - *dialect.Error when the engine fails.
func Refund(ctx context.Context, db bun.IDB, p RefundParams) (*Result, error) {
	is, err := p.refund()
	if err != nil {
		return nil, err
	}
	r := reversing{
		orderNo: p.OrderNo, payRef: p.PayRef, invoice: p.Invoice, provider: p.Provider, of: p.Of, currency: p.Currency,
		grantKey: p.GrantKey, policy: p.Policy, at: p.At, ahead: p.MaxAhead, field: "Total",
		report: func(s *reversals, scale func(int64) int64, at int64) bool {
			known := is
			known.Amount = scale(p.Total)
			if known.Failed {
				known.FailedUs = at
			}
			return s.refund(p.Ref, known)
		},
	}
	return r.run(ctx, db)
}

// refund checks what is reported of a refund and returns it.
func (p RefundParams) refund() (refund, error) {
	is := refund{Failed: p.Failed}
	if !p.AsOf.IsZero() {
		asOf, err := valid.Time("AsOf", p.AsOf)
		if err != nil {
			return refund{}, err
		}
		is.AsOfUs = asOf.UnixMicro()
	}
	amount := valid.Amount
	if !p.AsOf.IsZero() && p.Ref == "" { // it may have fallen to nothing
		amount = valid.AmountOrZero
	}
	if err := valid.First(amount("Total", p.Total), checkRef(p.Ref)); err != nil {
		return refund{}, err
	}
	if p.Failed && p.Ref == "" {
		return refund{}, valid.Failf("Ref", "required for a refund that failed")
	}
	return is, nil
}

func checkRef(ref string) error {
	if ref == "" {
		return nil
	}
	return valid.Key("Ref", ref, maxRef)
}

// DisputeOutcome is where a dispute stands.
type DisputeOutcome string

// The outcomes of a dispute. Won and lost are final.
const (
	// DisputeOpen is an open dispute: the provider has withdrawn the money.
	DisputeOpen DisputeOutcome = "open"
	// DisputeReinstated is an open dispute for which the provider has given the
	// money back for now.
	DisputeReinstated DisputeOutcome = "reinstated"
	// DisputeWon is a dispute decided in the seller's favor: the money is back.
	DisputeWon DisputeOutcome = "won"
	// DisputeLost is a dispute whose money is gone for good.
	DisputeLost DisputeOutcome = "lost"
)

// Valid reports whether o is one of the outcomes above.
func (o DisputeOutcome) Valid() bool {
	return o == DisputeOpen || o == DisputeReinstated || o.final()
}

// DisputeParams report the state of a dispute (a chargeback).
type DisputeParams struct {
	// OrderNo or PayRef names the order. Set exactly one of them, unless
	// Provider is set.
	OrderNo string
	PayRef  string
	// Provider, Of and Currency are as in RefundParams, and so is Invoice with a PayRef.
	Provider PayType
	Of       int64
	Currency string
	Invoice  string
	// Ref is the provider's ID of the dispute, at most 100 bytes, required.
	Ref string
	// Amount is the money in dispute, in the currency's smallest unit.
	Amount int64
	// Outcome is required.
	Outcome DisputeOutcome
	// GrantKey is as in RefundParams.
	GrantKey string
	// Policy says what becomes of credits already spent; empty means
	// credits.PolicyDebt.
	Policy credits.ClawBackPolicy
	// At is when it happened; zero means now.
	At time.Time
	// MaxAhead is how far At may be ahead of the database's clock; 0 means
	// credits.DefaultMaxAhead, and credits.AnyTime accepts any time.
	MaxAhead time.Duration
}

// Dispute records a dispute over a paid order. While it is open its money
// counts as refunded: credits are taken back and the commission is reduced, as
// by [Refund], but the order stays paid. If the dispute is lost, that is final,
// and an order of which nothing remains is refunded. If it is won, the credits
// and the commission come back: first what had been forgiven, then what was
// owed, then what had been taken. Refunds and disputes of an order never take
// back the same money twice: together they are no more than what was paid.
//
// Of the reports of an open dispute, the latest by At counts. Reports of a
// dispute that was already won or lost are late, and returned as replays.
//
// Errors, after which nothing is written: those of [Refund], and
// *credits.LimitError when returned credits would exceed the account's limit.
func Dispute(ctx context.Context, db bun.IDB, p DisputeParams) (*Result, error) {
	err := valid.First(
		valid.Key("Ref", p.Ref, maxRef), valid.Amount("Amount", p.Amount), oneOf("Outcome", p.Outcome),
	)
	if err != nil {
		return nil, err
	}
	r := reversing{
		orderNo: p.OrderNo, payRef: p.PayRef, invoice: p.Invoice, provider: p.Provider, of: p.Of, currency: p.Currency, grantKey: p.GrantKey,
		policy: p.Policy, at: p.At, ahead: p.MaxAhead, field: "Amount",
		report: func(s *reversals, scale func(int64) int64, at int64) bool {
			return s.dispute(p.Ref, dispute{Amount: scale(p.Amount), Outcome: p.Outcome, AtUs: at})
		},
	}
	return r.run(ctx, db)
}

// reversing is a report that changes what was given back of an order.
type reversing struct {
	orderNo, payRef, invoice string
	provider                 PayType
	// of is the amount of the payment in the report's own unit, 0 for the known amount.
	of int64
	// currency is that of the report, empty for the payment's.
	currency string
	policy   credits.ClawBackPolicy
	at       time.Time
	ahead    time.Duration
	// grantKey is the key of the original's grant for the order.
	grantKey string
	// field is the caller's name for the amount.
	field string
	// again restarts the transaction, nil in a caller's.
	again error
	// report records it, as of a time in microseconds, and reports whether it was new.
	report func(s *reversals, scale func(int64) int64, at int64) bool
}

func (r reversing) run(ctx context.Context, db bun.IDB) (*Result, error) {
	at, atErr := valid.Time("At", r.at)
	if err := valid.First(r.check(), atErr); err != nil {
		return nil, err
	}
	if r.policy != "" && !r.policy.Valid() {
		return nil, valid.Failf("Policy", "%q is not a policy", r.policy)
	}
	r.at, r.again = at, meanwhile(db)
	if r.currency != "" {
		var err error
		if r.currency, err = valid.Currency("Currency", r.currency); err != nil {
			return nil, err
		}
	}
	var result *Result
	err := dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		o, row, err := r.match(ctx, tx)
		if err == nil {
			err = r.sameCurrency(o, row)
		}
		switch {
		case err != nil:
			return err
		case o == nil:
			result, err = r.keep(ctx, tx, row)
			return err
		}
		if result, err = r.take(ctx, tx, o, row); err != nil {
			return err
		}
		result.Payment = row
		return r.follow(ctx, tx, o, row)
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// sameCurrency refuses a report whose amounts cannot be compared with those of its
// payment.
func (r reversing) sameCurrency(o *Order, row *Payment) error {
	var want, no string
	if o != nil {
		want, no = o.Currency, o.OrderNo
	}
	if row != nil {
		want, no = cmp.Or(row.Currency, want), cmp.Or(no, row.OrderNo)
	}
	if r.currency == "" || want == "" || r.currency == want {
		return nil
	}
	return &CurrencyError{OrderNo: no, Want: want, Got: r.currency}
}

// take applies the report to a locked order. row is that of its payment, if there is one.
func (r reversing) take(ctx context.Context, tx bun.Tx, o *Order, row *Payment) (*Result, error) {
	if is, _ := o.Status.Foreign(); is != StatusPaid && is != StatusRefunded {
		return nil, &StateError{OrderNo: o.OrderNo, From: o.Status, To: StatusRefunded}
	}
	s, err := o.reversals()
	if err != nil {
		return nil, err
	}
	if o.Status == StatusRefunded {
		closed, err := o.closed(ctx, tx, s)
		if err != nil {
			return nil, err
		}
		if closed {
			return r.unchanged(ctx, tx, o, false)
		}
	}
	if err := o.findGrant(ctx, tx, r.grantKey); err != nil {
		return nil, err
	}
	switch free := o.Paid() <= 0; {
	case free && r.ofInvoiceAlone() && o.FromBalance <= 0: // there is nothing to give back
		return r.unchanged(ctx, tx, o, false)
	case free && !r.ofInvoiceAlone():
		return nil, valid.Failf(r.field, "order %s cost nothing", shown.Text(o.OrderNo))
	}
	was := o.back(s)
	about := s.of(o, row)
	if r.ofInvoiceAlone() {
		about = s.ofInvoice()
	}
	if !r.report(about, r.scale(o, row), r.at.UnixMicro()) {
		return r.unchanged(ctx, tx, o, false)
	}
	if o.back(s) != was {
		return r.apply(ctx, tx, o, s)
	}
	if o.Reversals, err = s.text(); err != nil {
		return nil, err
	}
	return r.unchanged(ctx, tx, o, true)
}

// scale converts the report's amounts to those that the order stores.
func (r reversing) scale(o *Order, row *Payment) func(int64) int64 {
	if row != nil && row.partly(o) {
		return portion(r.of, row.Gross)
	}
	return o.share(r.whole(row))
}

// whole returns the amount of the payment in the unit of the report, 0 for the known amount.
func (r reversing) whole(row *Payment) int64 {
	if r.of == 0 && row != nil {
		return row.Gross
	}
	return r.of
}

// unchanged returns the result of a report that moves nothing, after ensuring the effects of earlier
// ones. The order is written if it stores the report.
func (r reversing) unchanged(ctx context.Context, tx bun.Tx, o *Order, keeps bool) (*Result, error) {
	result, ops, err := o.reassert(ctx, tx, r.ahead)
	if err != nil {
		return nil, err
	}
	result.Operation = nil
	for _, op := range ops {
		if !op.Replayed && op.Kind == credits.KindClawBack {
			result.Operation = op
		}
	}
	if !keeps && !slices.Contains(result.Mended, credits.PartOrder) {
		return result, nil
	}
	o.UpdatedAt = r.at
	return result, update(ctx, tx, o)
}

// closed reports whether nothing more can be given back of a refunded order. If another program set
// the status, it counts as done unless this package granted the credits and nobody took them back.
func (o *Order) closed(ctx context.Context, tx bun.Tx, s *reversals) (bool, error) {
	if o.back(s).closes(o) {
		return false, nil // refunded by our own reports, and a refund may fail
	}
	if !o.granted() || o.GrantKey != "" {
		return true, nil
	}
	return anyEntry(ctx, tx, o.UserUUID, func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("credits < 0").
			Where("(seq IS NULL OR op_hash = ? AND trans_type <> ?)", ledgerkey.Adopted, credits.TypeAdoption).
			Where("(order_no = ? OR order_no IS NULL AND credits = ?)", o.OrderNo, -o.Credits).
			Where("(created_at IS NULL OR "+moment.Column(dialect.Of(tx), "created_at")+" >= ?)", o.PaidAt.Add(-early))
	})
}
