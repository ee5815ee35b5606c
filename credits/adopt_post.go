package credits

import (
	"context"
	"math"
	"strconv"

	"github.com/chameleon-go/chameleon/credits/internal/chain"
	"github.com/chameleon-go/chameleon/credits/internal/column"
	"github.com/chameleon-go/chameleon/credits/internal/metadata"
	"github.com/chameleon-go/chameleon/internal/ledgerkey"
)

// adoptedHash replaces the fingerprint of a payload. The other program's payload is not
// known, so any call of that verb with the key is a replay.
const adoptedHash = ledgerkey.Adopted

// correctionKey is the prefix of the keys of corrections, which also have that hash but are
// not rows of another program. correctionKeys is a pattern for them.
const (
	correctionKey  = "chameleon:adoption:"
	correctionKeys = correctionKey + "%"
)

// adoptedData is what an operation of a takeover records about it.
type adoptedData struct {
	// Row is the id of the row that became the operation.
	Row int64 `json:"row,omitempty"`
	// Early rows were taken over before left_credits had moved by them, if it ever did.
	Early bool `json:"early,omitempty"`
	// Assumed rows were assumed to be included in what was shown, Shown, when the account
	// was taken over for the first time.
	Assumed bool `json:"assumed,omitempty"`
	// Why is the reason for a correction.
	Why AdoptionReason `json:"why,omitempty"`
	// Shown is the value of left_credits when a correction was made or an early or assumed
	// row was posted, and Rows the sum of the rows when a correction was made.
	Shown int64 `json:"shown,omitempty"`
	Rows  int64 `json:"rows,omitempty"`
}

// AdoptionReason says why an entry of type [TypeAdoption] was made.
type AdoptionReason string

// The reasons.
const (
	// AdoptionAbove: left_credits was more than the sum of the rows. The
	// difference is granted without an expiry.
	AdoptionAbove AdoptionReason = "above the sum of the rows"
	// AdoptionBelow: left_credits was less. The difference is taken from what
	// expires first; what cannot be taken becomes debt.
	AdoptionBelow AdoptionReason = "below the sum of the rows"
	// AdoptionExpired: left_credits included credits of rows that have expired.
	// They are granted again, without an expiry.
	AdoptionExpired AdoptionReason = "shown although expired"
	// AdoptionUnexplained: left_credits changed and no row explains why.
	AdoptionUnexplained AdoptionReason = "moved without a row"
	// AdoptionLate: rows that explain an earlier correction have arrived, and
	// the correction is undone.
	AdoptionLate AdoptionReason = "the row came later"
	// AdoptionStale: left_credits was overwritten with a number computed before
	// other changes, a lost update. No credits move.
	AdoptionStale AdoptionReason = "a lost update"
)

// bookRow turns a foreign row into an operation, with the row as its first entry.
func (t *takeover) bookRow(ctx context.Context, row *foreignRow, early bool) error {
	data := &adoptedData{Early: early}
	if early {
		data.Shown = t.shown
	}
	return t.bookAs(ctx, row, data)
}

// bookAs is bookRow with data to record about it.
func (t *takeover) bookAs(ctx context.Context, row *foreignRow, data *adoptedData) error {
	a := t.account
	data.Row = row.ID
	if err := a.advance(ctx, min(t.timeOf(row), t.limit)); err != nil {
		return err
	}
	from := len(a.entries)
	b := &builder{
		header: Entry{OpKind: KindCharge, OpHash: adoptedHash, OrderNo: row.OrderNo, GenID: row.GenID, Metadata: row.Metadata},
		data:   opData{Adopted: data},
	}
	b.header.OpKey = t.keyOf(row)
	if row.Credits > 0 {
		b.header.OpKind = GrantParams{Type: row.TransType}.kind()
		total := a.TotalCredits
		l := a.grant(b, row.TransType, row.Credits, row.expires(), b.header.OpKind == KindPaidGrant)
		if t.counted {
			a.TotalCredits = total // by the program that wrote the row
		}
		a.payDebt(b, l, row.Credits)
	} else if err := a.draw(ctx, b, row.TransType, -row.Credits, nil); err != nil {
		return err
	}
	a.entries[from].ID = row.ID
	t.booked = append(t.booked, row.ID)
	op, err := operationOf(copyEntries(a.entries[from:]))
	a.ops[op.Key] = op
	return err
}

// draw takes n credits from the given grant, then from what burns first; the rest becomes
// debt. The first entry has the whole amount, because a row of another program is one entry.
// If no grant has all of it, that is an entry on the debt, which the grants then pay.
func (a *account) draw(ctx context.Context, b *builder, transType string, n int64, first *lot) error {
	l, err := a.next(ctx)
	if err != nil {
		return err
	}
	if first != nil && first.Free > 0 && first.Live {
		l = first
	}
	if n > 0 && l != nil && l.Free >= n {
		a.post(b, l, transType, -n, 0)
		return nil
	}
	a.post(b, a.debt(), transType, -n, 0)
	if first != nil && l == first {
		part := min(n, first.Free)
		a.pay(b, first, part)
		n -= part
	}
	if n = min(n, a.available()); n == 0 {
		return nil
	}
	portions, err := a.plan(ctx, n)
	if err != nil {
		return err
	}
	for _, p := range portions {
		a.pay(b, p.lot, p.amount)
	}
	return nil
}

// pay takes a grant's part of a charge that was posted to the debt.
func (a *account) pay(b *builder, l *lot, amount int64) {
	a.post(b, l, TypeAdoptedDraw, -amount, 0)
	a.post(b, a.debt(), TypeAdoptedDraw, amount, 0)
}

// correct posts a difference between what was shown and what the rows say, in entries small
// enough for an adopted 32-bit column.
func (t *takeover) correct(ctx context.Context, amount int64, why AdoptionReason, undoes *recentOp) error {
	for {
		part := min(max(amount, -math.MaxInt32), math.MaxInt32)
		if err := t.correction(ctx, part, why, undoes); err != nil || part == amount {
			return err
		}
		amount -= part
	}
}

func (t *takeover) correction(ctx context.Context, amount int64, why AdoptionReason, undoes *recentOp) error {
	a := t.account
	b, err := t.builder(KindCharge, why)
	if err != nil {
		return err
	}
	var lot *lot
	if undoes != nil {
		b.header.TargetSeq = undoes.Seq
		if lot, err = t.lotOf(ctx, undoes); err != nil {
			return err
		}
	}
	t.corrections = append(t.corrections, Correction{Amount: amount, Reason: why})
	if amount <= 0 {
		return a.draw(ctx, b, TypeAdoption, -amount, lot)
	}
	b.header.OpKind = KindGrant
	total := a.TotalCredits
	l := a.grant(b, TypeAdoption, amount, column.Never, false)
	a.TotalCredits = total
	a.payDebt(b, l, amount)
	return nil
}

// builder returns the builder of an operation that records its reason.
func (t *takeover) builder(kind Kind, why AdoptionReason) (*builder, error) {
	meta, err := metadata.Encode(map[string]any{"reason": string(why), "shown": t.shown, "rows": t.said})
	return &builder{
		header: Entry{
			OpKind: kind, OpHash: adoptedHash, Metadata: meta, MetadataSalt: chain.NewSalt(meta),
			OpKey: correctionKey + strconv.FormatInt(t.Seq+1, 10),
		},
		data: opData{Adopted: &adoptedData{Why: why, Shown: t.shown, Rows: t.said}},
	}, err
}

// keyOf returns the idempotency key that the library itself would have used, so that the
// same thing is not granted twice, or otherwise one that names the row.
func (t *takeover) keyOf(row *foreignRow) string {
	key := t.ownKey(row)
	if key == "" || t.taken[key] {
		return ledgerkey.Of("chameleon", "row:"+strconv.FormatInt(row.ID, 10))
	}
	t.taken[key] = true
	return key
}

// ownKey returns the library's own key for what the row granted, empty for none.
func (t *takeover) ownKey(row *foreignRow) string {
	switch {
	case row.Credits <= 0:
		return ""
	case row.TransType == TypeNewUser:
		return NewUserKey
	case row.TransType == TypePing:
		return ledgerkey.Of("ping", column.Time(t.timeOf(row)).Format("2006-01-02"))
	}
	return ""
}
