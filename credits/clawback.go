package credits

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/valid"
)

// ClawBackPolicy says what becomes of credits that are to be taken back but
// were spent.
type ClawBackPolicy string

// The policies. What is held when it is clawed back becomes debt under both,
// and is paid if the hold is released; held credits that have expired are let
// go.
const (
	// PolicyDebt makes the spent part a debt, which coming credits pay first.
	PolicyDebt ClawBackPolicy = "debt"
	// PolicyForgive lets the spent part go.
	PolicyForgive ClawBackPolicy = "forgive"
)

// Valid reports whether p is a policy.
func (p ClawBackPolicy) Valid() bool { return p == PolicyDebt || p == PolicyForgive }

// Sources of claw-backs that payment providers report separately.
const (
	SourceRefund  = "refund"
	SourceDispute = "dispute"
)

// ClawBackParams take a grant's credits back, because its payment was.
type ClawBackParams struct {
	UserUUID string
	// GrantKey is the key of the grant.
	GrantKey string
	// Total is how many credits of the grant this source wants back in all, as
	// payment providers report refunds: 40, later 100, took 100 and not 140. A
	// total that is lower than an earlier one came late and changes nothing.
	Total int64
	// Source keeps totals apart that are reported apart; empty means
	// SourceRefund. A purchase that was refunded and disputed is taken back
	// once: all sources together never take more than was granted.
	Source string
	// Reinstate makes a lower total count: a dispute was won. It gives back
	// what the higher total took beyond the lower: debt that was paid meanwhile
	// to the grants that paid it.
	Reinstate bool
	// Policy is about what was spent already; empty means PolicyDebt.
	Policy ClawBackPolicy
	// Key is the idempotency key; see ChargeParams.
	Key string
	// OrderNo ties the entries to an order.
	OrderNo string
	// Metadata is any JSON object up to 16 KiB.
	Metadata map[string]any
	// At is the time of the claw-back, zero for now.
	At time.Time
}

// ClawBack takes from a grant what is left of it, up to the total. What was
// spent becomes debt or is forgiven, by the policy; other grants are not
// touched. [Operation].Amount is what changed hands and debt together;
// Forgiven is what was let go.
//
// Errors: *InvalidError; *NotFoundError when there is no such grant;
// *ExceedsError when Total is more than was granted; *KeyReusedError;
// *dialect.Error.
func ClawBack(ctx context.Context, db bun.IDB, p ClawBackParams) (*Operation, error) {
	return run(ctx, db, p)
}

func (p ClawBackParams) withDefaults() ClawBackParams {
	if p.Source == "" {
		p.Source = SourceRefund
	}
	if p.Policy == "" {
		p.Policy = PolicyDebt
	}
	return p
}

func (p ClawBackParams) spec() (*spec, error) {
	p = p.withDefaults()
	err := valid.First(
		requireKey("GrantKey", p.GrantKey), valid.Identifier("Source", p.Source, maxTypeRunes),
	)
	switch {
	case err != nil:
		return nil, err
	case p.Total < 0 || (p.Total == 0 && !p.Reinstate):
		return nil, valid.Failf("Total", "%d is not positive", p.Total)
	case p.Total > valid.MaxAmount:
		return nil, valid.Failf("Total", "%d is above %d", p.Total, int64(valid.MaxAmount))
	case !p.Policy.Valid():
		return nil, valid.Failf("Policy", "%q is not a policy", p.Policy)
	}
	return newSpec(p, KindClawBack, common{p.UserUUID, p.Key, p.OrderNo, "", p.Metadata, p.At},
		p.GrantKey, p.Total, p.Source, p.Reinstate, p.Policy)
}

// clawState is what was clawed back of a lot: the totals that sources
// reported, and how their sum was met.
type clawState struct {
	Totals   map[string]int64 `json:"totals"`
	Taken    int64            `json:"taken,omitempty"`
	Debt     int64            `json:"debt,omitempty"`
	Forgiven int64            `json:"forgiven,omitempty"`
	// Held is how much of what is held of the lot was met already.
	Held int64 `json:"held,omitempty"`
}

func (l *lot) clawState() (*clawState, error) {
	s := &clawState{Totals: map[string]int64{}}
	if l.Claws == "" {
		return s, nil
	}
	if err := json.Unmarshal([]byte(l.Claws), s); err != nil {
		return nil, errBroken(l.UserUUID, "a grant's claw-backs do not parse")
	}
	return s, nil
}

// report notes a source's total and returns by how much the claw-back grows
// or, negative, shrinks.
func (s *clawState) report(p ClawBackParams, granted int64) int64 {
	if p.Total > s.Totals[p.Source] || p.Reinstate {
		s.Totals[p.Source] = p.Total
	}
	var sum int64
	for _, total := range s.Totals {
		sum += total
	}
	return min(sum, granted) - (s.Taken + s.Debt + s.Forgiven)
}

func (p ClawBackParams) apply(ctx context.Context, a *account, b *builder) error {
	l, first, err := a.lotByKey(ctx, p.GrantKey)
	if err != nil {
		return err
	}
	// What was carried over into the grant was not bought with it.
	if p.Total > first.Credits {
		return &ExceedsError{UserUUID: a.UserUUID, Key: p.GrantKey, Asked: p.Total, Left: first.Credits}
	}
	state, err := l.clawState()
	if err != nil {
		return err
	}
	granted, err := a.unvoided(ctx, first)
	if err != nil {
		return err
	}
	before := state.Forgiven
	plan := state.plan(state.report(p, granted), a, l, p.Policy)
	plan.payers, err = a.payers(ctx, plan.paid)
	if err != nil {
		return err
	}
	b.header.TargetSeq = l.Lot.Lot
	b.header.OpData = opData{Claws: state, Forgiven: state.Forgiven - before}.text()
	l.Claws = mustJSON(state)
	plan.post(a, b, l)
	return nil
}

// unvoided is what a grant put in, 0 if it was voided: that took it back.
func (a *account) unvoided(ctx context.Context, first *Entry) (int64, error) {
	related, err := a.targeting(ctx, first.OpSeq)
	if err != nil {
		return 0, err
	}
	for _, e := range related {
		if e.TransType == TypeVoid {
			return 0, nil
		}
	}
	return first.Credits, nil
}

// payers are the lots whose credits paid the debt that a claw-back made and
// that is owed no longer: the last payer first.
func (a *account) payers(ctx context.Context, amount int64) ([]portion, error) {
	if amount == 0 {
		return nil, nil
	}
	var rows []Entry
	err := a.book.db.NewRaw("SELECT lot, seq, credits, trans_type FROM credits_trans WHERE user_uuid = ? AND trans_type = ? "+
		"AND lot <> ? ORDER BY seq"+a.book.suffix(), a.UserUUID, TypeDebtPayment, debtLot).Scan(ctx, &rows)
	if err != nil {
		return nil, err
	}
	for _, e := range a.entries {
		if e.TransType == TypeDebtPayment && e.Lot != debtLot {
			rows = append(rows, *e)
		}
	}
	paid := map[int64]int64{}
	var order []int64
	for _, e := range rows {
		if e.TransType != TypeDebtPayment {
			continue // a caller's own type, equal to an engine that ignores case
		}
		paid[e.Lot] -= e.Credits
		order = append(order, e.Lot)
	}
	var portions []portion
	for _, id := range slices.Backward(order) {
		back := min(amount, paid[id])
		if back == 0 {
			continue
		}
		lots, err := a.book.lotsByID(ctx, a, []int64{id})
		if err != nil {
			return nil, err
		}
		portions = append(portions, portion{lots[id], back})
		paid[id] -= back
		amount -= back
	}
	if amount > 0 {
		return nil, errBroken(a.UserUUID, "less debt was paid than is given back")
	}
	return portions, nil
}

// clawPlan is what a claw-back moves; negative numbers are given back.
type clawPlan struct {
	taken, debt int64
	// paid is debt that is given back after it was paid, to the payers.
	paid   int64
	payers []portion
}

// plan splits a change of the claw-back and notes it in the state. Giving back
// goes the other way round: as if only the rest had been clawed back.
func (s *clawState) plan(change int64, a *account, l *lot, policy ClawBackPolicy) clawPlan {
	if change < 0 {
		return s.planBack(-change, a)
	}
	taken := min(change, l.Free)
	// What is held was not spent. It is met once: by debt, which its release
	// pays; by nothing where it has expired, so that nobody can have it.
	s.Held = min(s.Held, l.Held)
	held := min(change-taken, l.Held-s.Held)
	spent := change - taken - held
	s.Held += held
	debt := held + spent
	if a.expired(l) {
		debt -= held
	}
	if policy == PolicyForgive {
		debt -= spent
	}
	s.Taken += taken
	s.Debt += debt
	s.Forgiven += change - taken - debt
	return clawPlan{taken: taken, debt: debt}
}

func (s *clawState) planBack(change int64, a *account) clawPlan {
	forgiven := min(change, s.Forgiven)
	debt := min(change-forgiven, s.Debt)
	taken := change - forgiven - debt
	s.Forgiven -= forgiven
	s.Debt -= debt
	s.Taken -= taken
	s.Held = max(s.Held-forgiven-debt, 0)
	// Debt that was paid meanwhile took credits of other grants.
	owed := min(debt, a.DebtCredits)
	return clawPlan{taken: -taken, debt: -owed, paid: debt - owed}
}

// post writes the plan. The first entry is the grant's own, if only to tell of
// a claw-back that moved nothing.
func (p clawPlan) post(a *account, b *builder, l *lot) {
	a.post(b, l, TypeClawBack, -p.taken, 0)
	if p.debt != 0 {
		a.post(b, a.debt(), TypeClawBack, -p.debt, 0)
	}
	for _, payer := range p.payers {
		a.post(b, payer.lot, TypeDebtPayment, payer.amount, 0)
	}
	if p.taken < 0 {
		a.payDebt(b, l, -p.taken)
	}
}

// VoidParams cancel an unspent grant.
type VoidParams struct {
	UserUUID string
	// GrantKey is the key of the grant.
	GrantKey string
	// Key is the idempotency key; see ChargeParams.
	Key string
	// Metadata is any JSON object up to 16 KiB.
	Metadata map[string]any
	// At is the time, zero for now.
	At time.Time
}

// Void takes back a grant of which nothing was spent, held, paid to a debt or
// taken back: a mistake is undone. What was carried over into it goes, too.
// total_credits keeps it, as it keeps all that was ever granted.
//
// Errors: *InvalidError; *NotFoundError when there is no such grant; *SpentError
// when it is not whole; *KeyReusedError; *dialect.Error.
func Void(ctx context.Context, db bun.IDB, p VoidParams) (*Operation, error) {
	return run(ctx, db, p)
}

func (p VoidParams) spec() (*spec, error) {
	if err := requireKey("GrantKey", p.GrantKey); err != nil {
		return nil, err
	}
	return newSpec(p, KindVoid, common{user: p.UserUUID, key: p.Key, metadata: p.Metadata, at: p.At}, p.GrantKey)
}

func (p VoidParams) apply(ctx context.Context, a *account, b *builder) error {
	l, _, err := a.lotByKey(ctx, p.GrantKey)
	if err != nil {
		return err
	}
	state, err := l.clawState()
	if err != nil {
		return err
	}
	// A refund may have made a grant whole again that was taken back as debt.
	if l.Free != l.Granted || state.Debt > 0 {
		return &SpentError{UserUUID: a.UserUUID, Key: p.GrantKey, Granted: l.Granted, Left: l.Free}
	}
	b.header.TargetSeq = l.Lot.Lot
	a.post(b, l, TypeVoid, -l.Granted, 0)
	return nil
}
