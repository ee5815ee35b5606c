package ledgermodel

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/chameleon-go/chameleon/credits"
)

// Ledger is all accounts. The zero value is an empty one.
type Ledger struct {
	Accounts map[string]*Account
	// payloads are the operations that succeeded, by account and key.
	payloads map[[2]string]string
}

// Clone copies the ledger.
func (l *Ledger) Clone() *Ledger {
	c := &Ledger{Accounts: map[string]*Account{}, payloads: map[[2]string]string{}}
	for user, a := range l.Accounts {
		c.Accounts[user] = a.Clone()
	}
	maps.Copy(c.payloads, l.payloads)
	return c
}

// Account returns a user's account; one that nobody has granted anything is
// empty.
func (l *Ledger) Account(user string) *Account {
	if a := l.Accounts[user]; a != nil {
		return a
	}
	return &Account{User: user}
}

// Outcome is what an operation did: entries or an error.
type Outcome struct {
	Entries  []credits.Entry
	Replayed bool
	Err      error
}

// verb is one operation as the model sees it.
type verb struct {
	user, key      string
	at             time.Time
	payload        string
	grants         bool
	own            bool // the key is the ledger's
	orderNo, genID string
	refused        error // unless it is a replay
	apply          func(a *Account, header credits.Entry) error
}

// Apply performs one operation. One that is refused changes nothing at all.
func (l *Ledger) Apply(op credits.Op) Outcome {
	v := describe(op)
	if strings.HasPrefix(v.key, "ping:") && !v.own {
		return Outcome{Err: &credits.InvalidError{
			Field: "Key", Problem: `keys that begin with "ping:" are the library's own`,
		}}
	}
	ref := [2]string{v.user, v.key}
	if l.payloads == nil {
		l.Accounts, l.payloads = map[string]*Account{}, map[[2]string]string{}
	}
	a := l.Account(v.user).Clone()
	if payload, used := l.payloads[ref]; used {
		first := a.first(v.key)
		if payload != v.payload {
			return Outcome{Err: &credits.KeyReusedError{UserUUID: v.user, Key: v.key, Kind: first.OpKind}}
		}
		return Outcome{Entries: a.operation(first), Replayed: true}
	}
	if v.refused != nil {
		return Outcome{Err: v.refused}
	}
	a.Settle(v.at.UnixMicro())
	from := len(a.Entries)
	if err := v.apply(a, credits.Entry{OpKey: v.key, OrderNo: v.orderNo, GenID: v.genID}); err != nil {
		return Outcome{Err: err}
	}
	l.Accounts[v.user], l.payloads[ref] = a, v.payload
	return Outcome{Entries: slices.Clone(a.Entries[from:])}
}

// Post performs a batch; with all, the first refusal undoes it.
//
// Errors: *credits.BatchError for that refusal.
func (l *Ledger) Post(ops []credits.Op, all bool) ([]Outcome, error) {
	before := l.Clone()
	outcomes := make([]Outcome, len(ops))
	for i, op := range ops {
		outcomes[i] = l.Apply(op)
		if err := outcomes[i].Err; err != nil && all {
			*l = *before
			return nil, &credits.BatchError{Index: i, Err: err}
		}
	}
	return outcomes, nil
}

func describe(op credits.Op) verb {
	switch p := op.(type) {
	case credits.GrantParams:
		return grantVerb(p)
	case credits.GrantNewUserCreditsParams:
		return newUserVerb(p)
	case credits.PingParams:
		return pingVerb(p)
	case credits.AdjustParams:
		return adjustVerb(p)
	case credits.ChargeParams:
		return chargeVerb(p)
	case credits.RefundParams:
		return refundVerb(p)
	case credits.ClawBackParams:
		return clawBackVerb(p)
	case credits.VoidParams:
		return voidVerb(p)
	case credits.HoldParams:
		return holdVerb(p)
	case credits.CaptureParams:
		return captureVerb(p)
	case credits.ReleaseParams:
		return releaseVerb(p)
	case credits.ExtendParams:
		return extendVerb(p)
	}
	panic(fmt.Sprintf("the model does not know %T", op))
}

func or[T comparable](value, fallback T) T {
	var zero T
	if value == zero {
		return fallback
	}
	return value
}

func expiry(at time.Time) int64 {
	if at.IsZero() {
		return Never
	}
	return at.UnixMicro()
}

func grantVerb(p credits.GrantParams) verb {
	carry := credits.CarryOver{}
	if p.CarryOver != nil {
		carry = *p.CarryOver
	}
	paid := p.Paid || p.Type == credits.TypeOrderPay
	v := verb{
		user: p.UserUUID, key: p.Key, at: p.At, grants: true, orderNo: p.OrderNo, genID: p.GenID,
		payload: fmt.Sprint("grant", p.Amount, p.Type, expiry(p.ExpiresAt), paid, carry, p.OrderNo, p.GenID),
	}
	if expiry(p.ExpiresAt) <= p.At.UnixMicro() {
		v.refused = &credits.InvalidError{Field: "ExpiresAt", Problem: "not after At"}
	}
	v.apply = func(a *Account, header credits.Entry) error {
		var moves []Part
		if p.CarryOver != nil {
			source := a.grantByKey(carry.GrantKey)
			if source == nil {
				return notFound(a.User, "grant", "GrantKey", carry.GrantKey)
			}
			moves = a.moves(source, carry, expiry(p.ExpiresAt))
		}
		header.OpKind = credits.KindGrant
		if paid {
			header.OpKind = credits.KindPaidGrant
		}
		g := &Grant{
			Lot: int64(len(a.Entries)) + 1, Key: p.Key, Given: p.Amount, Paid: paid, Expires: expiry(p.ExpiresAt),
			Claws: Claws{Totals: map[string]int64{}},
		}
		a.Grants = append(a.Grants, g)
		w := a.write(header)
		w.post(g.Lot, p.Type, p.Amount, 0)
		for _, m := range moves {
			w.post(m.Lot, credits.TypeCarryOver, -m.Amount, 0)
			lot := int64(len(a.Entries))
			a.Grants = append(a.Grants, &Grant{
				Lot: lot, Carried: m.Amount, Origin: a.grant(m.Lot).Root(), With: g.Lot, Paid: paid, Expires: g.Expires,
			})
			w.post(lot, credits.TypeCarryOver, m.Amount, 0)
		}
		w.pay(g.Lot, p.Amount)
		return nil
	}
	return v
}

func newUserVerb(p credits.GrantNewUserCreditsParams) verb {
	v := grantVerb(credits.GrantParams{
		UserUUID: p.UserUUID, Amount: or(p.Amount, 100), Type: "new_user", Key: "new_user",
		ExpiresAt: p.At.UTC().AddDate(1, 0, 0), At: p.At,
	})
	v.own, v.payload = true, fmt.Sprint("new_user", or(p.Amount, 100))
	return v
}

func pingVerb(p credits.PingParams) verb {
	v := grantVerb(credits.GrantParams{
		UserUUID: p.UserUUID, Amount: or(p.Amount, 1), Type: "ping", Key: "ping:" + p.At.UTC().Format("2006-01-02"),
		ExpiresAt: p.At.UTC().AddDate(1, 0, 0), At: p.At,
	})
	v.own, v.payload = true, fmt.Sprint("ping", or(p.Amount, 1))
	return v
}

func adjustVerb(p credits.AdjustParams) verb {
	if p.Amount > 0 {
		return grantVerb(credits.GrantParams{
			UserUUID: p.UserUUID, Amount: p.Amount, Type: "system_add", Key: p.Key, ExpiresAt: p.ExpiresAt, At: p.At,
		})
	}
	return chargeVerb(credits.ChargeParams{
		UserUUID: p.UserUUID, Amount: -p.Amount, Type: "system_add", Key: p.Key, At: p.At,
	})
}

// moves lists what a renewal keeps of a grant and of what that had carried over:
// nothing of what expired more than a while ago, and nothing if it has expired
// itself.
func (a *Account) moves(source *Grant, carry credits.CarryOver, expires int64) []Part {
	var moves []Part
	left, within := carry.Max, or(carry.Within, 24*time.Hour).Microseconds()
	for _, g := range a.Grants {
		if g != source && g.With != source.Lot || expires <= a.AsOf || g.Expires < a.AsOf-within {
			continue
		}
		if moved := min(left, a.Free(g.Lot)); moved > 0 {
			moves = append(moves, Part{g.Lot, moved})
			left -= moved
		}
	}
	return moves
}

func (a *Account) grantByKey(key string) *Grant {
	for _, g := range a.Grants {
		if g.With == 0 && g.Key == key {
			return g
		}
	}
	return nil
}

// draw splits amount over the grants in burn order.
func (a *Account) draw(amount int64) ([]Part, error) {
	if have := a.AvailableAt(a.AsOf); have < amount {
		return nil, &credits.InsufficientError{UserUUID: a.User, Need: amount, Have: have}
	}
	var parts []Part
	for _, g := range a.burnable() {
		if take := min(amount, a.Free(g.Lot)); take > 0 {
			parts = append(parts, Part{g.Lot, take})
			amount -= take
		}
	}
	return parts, nil
}

func chargeVerb(p credits.ChargeParams) verb {
	transType := or(p.Type, "ai_generation")
	return verb{
		user: p.UserUUID, key: p.Key, at: p.At, orderNo: p.OrderNo, genID: p.GenID,
		payload: fmt.Sprint("charge", p.Amount, transType, p.OrderNo, p.GenID),
		apply: func(a *Account, header credits.Entry) error {
			parts, err := a.draw(p.Amount)
			if err != nil {
				return err
			}
			header.OpKind = credits.KindCharge
			w := a.write(header)
			for _, part := range parts {
				w.post(part.Lot, transType, -part.Amount, 0)
			}
			return nil
		},
	}
}

func refundVerb(p credits.RefundParams) verb {
	transType := or(p.Type, "refund")
	return verb{
		user: p.UserUUID, key: p.Key, at: p.At, orderNo: p.OrderNo, genID: p.GenID,
		payload: fmt.Sprint("refund", p.ChargeKey, p.Amount, transType, p.OrderNo, p.GenID),
		apply: func(a *Account, header credits.Entry) error {
			charge := a.first(p.ChargeKey, credits.KindCharge, credits.KindCapture)
			if charge == nil {
				return notFound(a.User, "charge", "ChargeKey", p.ChargeKey)
			}
			parts, left := a.refundable(charge)
			amount := or(p.Amount, left)
			if left == 0 || amount > left {
				return &credits.ExceedsError{UserUUID: a.User, Key: p.ChargeKey, Asked: amount, Left: left}
			}
			header.OpKind, header.TargetSeq = credits.KindRefund, charge.OpSeq
			w := a.write(header)
			for _, part := range slices.Backward(parts) {
				if back := min(amount, part.Amount); back > 0 {
					w.post(part.Lot, transType, back, 0)
					w.pay(part.Lot, back-w.takeBack(part.Lot, back))
					amount -= back
				}
			}
			return nil
		},
	}
}

// refundable is what a charge drew and nobody has given back.
func (a *Account) refundable(charge *credits.Entry) (parts []Part, left int64) {
	for _, e := range a.operation(charge) {
		if e.Credits >= 0 || e.TransType == credits.TypeDebtPayment {
			continue
		}
		drawn := -e.Credits
		for _, back := range a.Entries {
			if back.TargetSeq == charge.OpSeq && back.Lot == e.Lot && back.Credits > 0 {
				drawn -= back.Credits
			}
		}
		parts = append(parts, Part{e.Lot, drawn})
		left += drawn
	}
	return parts, left
}

func voidVerb(p credits.VoidParams) verb {
	return verb{
		user: p.UserUUID, key: p.Key, at: p.At, payload: fmt.Sprint("void", p.GrantKey),
		apply: func(a *Account, header credits.Entry) error {
			g := a.grantByKey(p.GrantKey)
			if g == nil {
				return notFound(a.User, "grant", "GrantKey", p.GrantKey)
			}
			var lots []Part
			var whole, free, owed int64
			for _, part := range a.Grants {
				if part == g || part.With == g.Lot {
					owed += a.grant(part.Root()).Claws.Debt
					lots = append(lots, Part{part.Lot, part.Given + part.Carried})
					whole, free = whole+part.Given+part.Carried, free+a.Free(part.Lot)
				}
			}
			if free != whole || owed > 0 {
				return &credits.SpentError{UserUUID: a.User, Key: p.GrantKey, Granted: whole, Left: free}
			}
			header.OpKind, header.TargetSeq = credits.KindVoid, g.Lot
			w := a.write(header)
			for _, part := range lots {
				w.post(part.Lot, credits.TypeVoid, -part.Amount, 0)
			}
			return nil
		},
	}
}
