package credits

import (
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits/internal/column"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// RefundParams describe a refund.
type RefundParams struct {
	UserUUID string
	// ChargeKey is the key of the charge or of the capture.
	ChargeKey string
	// Amount is in credits; 0 refunds all that is left of the charge.
	Amount int64
	// Type is the transaction type; empty means TypeRefund.
	Type string
	// Key is the idempotency key; see ChargeParams.
	Key string
	// OrderNo and GenID link the entries to an order or a generation; empty means
	// the charge's.
	OrderNo, GenID string
	// Metadata is any JSON object up to 16 KiB.
	Metadata map[string]any
	// At is the time of the refund, zero for now.
	At time.Time
	// MaxAhead is how far At may be ahead of the database's clock; see [DefaultMaxAhead].
	MaxAhead time.Duration
}

// Refund returns the credits of a charge, in whole or in part, to the grants
// that they came from, the last one drawn first. Credits of a grant that has
// expired since then come back as expired. If the account is in debt, returned
// credits pay the debt first. Before that, credits that an earlier claw-back of
// the grant could not take are taken ([Operation].TakenBack), since their money
// was returned.
//
// Errors: *InvalidError; *NotFoundError when there is no such charge;
// *ExceedsError when less than Amount, or nothing, is left to refund;
// *KeyReusedError; *dialect.Error.
func Refund(ctx context.Context, db bun.IDB, p RefundParams) (*Operation, error) {
	return run(ctx, db, p)
}

func (p RefundParams) transType() string {
	if p.Type == "" {
		return TypeRefund
	}
	return p.Type
}

func (p RefundParams) spec() (*spec, error) {
	err := valid.First(requireKey("ChargeKey", p.ChargeKey), checkType(p.transType()))
	if err != nil {
		return nil, err
	}
	if p.Amount != 0 {
		if err := valid.Amount("Amount", p.Amount); err != nil {
			return nil, err
		}
	}
	return newSpec(p, KindRefund, common{p.UserUUID, p.Key, p.OrderNo, p.GenID, p.Metadata, p.At, p.MaxAhead},
		p.ChargeKey, p.Amount, p.transType())
}

func (p RefundParams) apply(ctx context.Context, a *account, b *builder) error {
	first, err := a.book.operation(ctx, a, p.ChargeKey, "charge", KindCharge, KindCapture)
	if err != nil {
		return err
	}
	parts, left, err := a.refundable(ctx, first)
	if err != nil {
		return err
	}
	amount := p.Amount
	if amount == 0 {
		amount = left
	}
	if left == 0 || amount > left {
		return &ExceedsError{UserUUID: a.UserUUID, Key: p.ChargeKey, Asked: amount, Left: left}
	}
	in, err := a.countedBy(ctx, first)
	if err != nil {
		return err
	}
	b.target(first)
	b.data.Budgets = in
	backs, err := a.giveBacks(ctx, b, lastFirst(parts, amount), false)
	if err != nil {
		return err
	}
	for _, c := range backs {
		a.post(b, c.lot, p.transType(), c.amount, 0)
		c.takeBack(a, b)
		a.payDebt(b, c.lot, c.amount-c.taken)
	}
	a.uncount(in, amount)
	return nil
}

// lastFirst splits amount over the parts, the last one first.
func lastFirst(parts []portion, amount int64) []portion {
	var out []portion
	for _, part := range slices.Backward(parts) {
		back := min(amount, part.amount)
		out = append(out, portion{part.lot, back})
		amount -= back
	}
	return out
}

// refundable lists what the operation drew and has not been returned yet, in the order of drawing,
// with its sum.
func (a *account) refundable(ctx context.Context, first *Entry) ([]portion, int64, error) {
	drawn, err := a.entriesOf(ctx, first)
	if err != nil {
		return nil, 0, err
	}
	returned, err := a.returned(ctx, first.OpSeq)
	if err != nil {
		return nil, 0, err
	}
	var ids []int64
	drawn = slices.DeleteFunc(drawn, func(e Entry) bool { return e.Lot == column.DebtLot }) // of a charge of another program
	for _, e := range drawn {
		if e.Credits < 0 && e.TransType != TypeDebtPayment {
			ids = append(ids, e.Lot)
		}
	}
	lots, err := a.book.lotsByID(ctx, a, ids)
	if err != nil {
		return nil, 0, err
	}
	var parts []portion
	var left int64
	for _, e := range drawn {
		if e.Credits >= 0 || e.TransType == TypeDebtPayment {
			continue
		}
		back := min(returned[e.Lot], -e.Credits)
		returned[e.Lot] -= back
		parts = append(parts, portion{lots[e.Lot], -e.Credits - back})
		left += -e.Credits - back
	}
	return parts, left, nil
}

// entriesOf returns the entries of an operation that may still be unwritten.
func (a *account) entriesOf(ctx context.Context, first *Entry) ([]Entry, error) {
	var out []Entry
	for _, e := range a.entries {
		if e.OpSeq == first.OpSeq {
			out = append(out, *e)
		}
	}
	if len(out) > 0 {
		return out, nil
	}
	return a.book.entriesOf(ctx, first)
}

// returned sums what refunds of the operation have returned, by lot.
func (a *account) returned(ctx context.Context, target int64) (map[int64]int64, error) {
	rows, err := a.targeting(ctx, target)
	if err != nil {
		return nil, err
	}
	sums := map[int64]int64{}
	for _, e := range rows {
		if e.Credits > 0 && e.TransType != TypeDebtPayment {
			sums[e.Lot] += e.Credits
		}
	}
	return sums, nil
}

// targeting returns the relevant columns of the entries of operations that act on the one with the
// OpSeq target.
func (a *account) targeting(ctx context.Context, target int64) ([]Entry, error) {
	var rows []Entry
	err := a.book.db.NewRaw("?", a.history("SELECT lot, credits, trans_type, target_seq FROM credits_trans "+
		"WHERE user_uuid = ? AND target_seq = ?", a.UserUUID, target)).Scan(ctx, &rows)
	if err != nil {
		return nil, err
	}
	rows = append(rows, a.missedEntries(func(e *Entry) bool { return e.TargetSeq == target })...)
	for _, e := range a.entries {
		if e.TargetSeq == target {
			rows = append(rows, *e)
		}
	}
	return rows, nil
}
