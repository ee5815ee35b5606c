package ledgersuite

import (
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/ledgertest/ledgermodel"
)

// verbs are drawn from; what moves credits comes up more often.
var verbs = []string{
	"grant", "grant", "grant", "paid grant", "charge", "charge", "charge", "charge", "hold", "hold", "hold", "capture",
	"capture", "release", "extend", "refund", "refund", "refund", "refund", "claw back", "claw back", "claw back", "void",
	"adjust", "ping", "new user", "huge grant",
}

// draw draws an operation that makes sense on the model as it is, more often than not.
func (m *machine) draw(t *rapid.T, model *ledgermodel.Ledger) credits.Op {
	op := m.drawFor(t, model.Account(m.busy(t)))
	m.sent = append(m.sent, op)
	return op
}

func (m *machine) drawFor(t *rapid.T, a *ledgermodel.Account) credits.Op {
	user, at, key := a.User, m.at(t), m.key()
	amount := rapid.Int64Range(1, 30).Draw(t, "amount")
	switch kind := m.possible(t, a, evenly(t, "verb", verbs)); kind {
	case "grant", "paid grant":
		p := credits.GrantParams{
			UserUUID: user, Amount: 3 * amount, Type: "gift", Key: key, Paid: kind == "paid grant",
			ExpiresAt: m.expiry(t, at), OrderNo: rapid.SampledFrom([]string{"", "o1"}).Draw(t, "order"), At: at,
		}
		if rapid.IntRange(0, 4).Draw(t, "carry over") == 0 {
			p.CarryOver = &credits.CarryOver{GrantKey: m.known(t, a, grantKey), Max: amount}
		}
		return p
	case "huge grant":
		return credits.GrantParams{UserUUID: user, Amount: Most + 1 - amount, Type: "gift", Key: key, ExpiresAt: m.expiry(t, at), At: at}
	case "new user":
		return credits.GrantNewUserCreditsParams{UserUUID: user, Amount: part(t, "bonus"), At: at}
	case "ping":
		return credits.PingParams{UserUUID: user, At: at}
	case "adjust":
		p := credits.AdjustParams{UserUUID: user, Amount: amount, Key: key, At: at, ExpiresAt: m.expiry(t, at)}
		if rapid.Bool().Draw(t, "take") {
			p.Amount, p.ExpiresAt = -amount, time.Time{}
		}
		return p
	case "charge":
		return credits.ChargeParams{UserUUID: user, Amount: m.spend(t, a, 2*amount), Key: key, GenID: "g" + key, At: at}
	case "refund":
		return m.refund(t, a, key)
	case "claw back":
		return m.clawBack(t, a, key)
	case "void":
		return credits.VoidParams{UserUUID: user, GrantKey: m.known(t, a, grantKey), Key: key, At: at}
	case "hold":
		return credits.HoldParams{
			UserUUID: user, Amount: m.spend(t, a, amount), Key: key, Timeout: m.timeout(t), At: at,
			OrderNo: rapid.SampledFrom([]string{"", "o2"}).Draw(t, "order"), GenID: "g" + key,
		}
	case "capture":
		return m.capture(t, a, key)
	case "release":
		return credits.ReleaseParams{UserUUID: user, HoldKey: m.hold(t, a).Key, Key: key, At: at}
	default:
		return credits.ExtendParams{UserUUID: user, HoldKey: m.hold(t, a).Key, Timeout: m.timeout(t), Key: key, At: at}
	}
}

// busy draws a user, the first one most often: what is hard to get right happens on an
// account with a history.
func (m *machine) busy(t *rapid.T) string {
	return m.users[rapid.SampledFrom([]int{0, 0, 0, 1, 2}).Draw(t, "user")]
}

// possible is a verb that finds what it needs: it is drawn in vain at times, but most often
// what it needs comes first, as a charge does where there is none to refund.
func (m *machine) possible(t *rapid.T, a *ledgermodel.Account, verb string) string {
	if rapid.IntRange(0, 7).Draw(t, "in vain or not") == 0 {
		return verb
	}
	if verb == "refund" && len(a.Charges()) == 0 {
		verb = "charge"
	}
	if slices.Contains([]string{"capture", "release", "extend"}, verb) && len(active(a)) == 0 {
		verb = "hold"
	}
	if (verb == "charge" || verb == "hold") && m.available(a) <= 0 || (verb == "claw back" || verb == "void") && len(a.Grants) == 0 {
		verb = "grant"
	}
	return verb
}

// active are the holds that did not end.
func active(a *ledgermodel.Account) []ledgermodel.Hold {
	var out []ledgermodel.Hold
	for _, h := range a.Holds {
		if h.Status == credits.HoldActive {
			out = append(out, *h)
		}
	}
	return out
}

// available is what can be spent by the clock.
func (m *machine) available(a *ledgermodel.Account) int64 {
	return a.At(max(a.AsOf, m.now.UnixMicro())).Available
}

// evenly draws one of them, each about as often: rapid itself prefers the first ones.
func evenly[T any](t *rapid.T, label string, from []T) T {
	i := 0
	for _, bit := range rapid.SliceOfN(rapid.Bool(), 8, 8).Draw(t, label) {
		i *= 2
		if bit {
			i++
		}
	}
	return from[i%len(from)]
}

// part draws an amount, or 0, which means all.
func part(t *rapid.T, label string) int64 { return rapid.Int64Range(0, 20).Draw(t, label) }

// hold draws a hold that is active, or at times one that ended, was refused or never was.
func (m *machine) hold(t *rapid.T, a *ledgermodel.Account) ledgermodel.Hold {
	holds := active(a)
	if len(holds) == 0 || rapid.IntRange(0, 4).Draw(t, "active or not") == 0 {
		return ledgermodel.Hold{Key: m.known(t, a, holdKey)}
	}
	return evenly(t, "hold", holds)
}

// capture draws how much: all, any part, what leaves nothing or a credit, or one too many.
func (m *machine) capture(t *rapid.T, a *ledgermodel.Account, key string) credits.CaptureParams {
	h := m.hold(t, a)
	amounts := []int64{0, part(t, "part"), h.Remaining(), h.Remaining() - 1, h.Remaining() + 1}
	return credits.CaptureParams{
		UserUUID: a.User, HoldKey: h.Key, Amount: max(evenly(t, "captured", amounts), 0), Key: key,
		KeepHold: rapid.Bool().Draw(t, "keep"), At: m.at(t),
	}
}

// clawBack draws how much of a grant its buyers got back: often all, which leaves a debt, or
// is let go, where some was spent.
func (m *machine) clawBack(t *rapid.T, a *ledgermodel.Account, key string) credits.ClawBackParams {
	p := credits.ClawBackParams{
		UserUUID: a.User, GrantKey: m.known(t, a, grantKey), Total: rapid.Int64Range(1, 30).Draw(t, "total"), Key: key, At: m.at(t),
		Source:    rapid.SampledFrom([]string{"", credits.SourceDispute}).Draw(t, "source"),
		Reinstate: rapid.IntRange(0, 2).Draw(t, "reinstate") == 0,
		Policy:    evenly(t, "policy", []credits.ClawBackPolicy{"", credits.PolicyForgive}),
	}
	var large []*ledgermodel.Grant
	for _, g := range a.Grants {
		if g.Given > 1 && g.Given < Most/2 {
			large = append(large, g)
		}
	}
	if len(large) > 0 && rapid.IntRange(0, 3).Draw(t, "any grant") != 0 {
		g := evenly(t, "grant", large)
		p.GrantKey, p.Total = g.Key, evenly(t, "taken", []int64{g.Given, min(p.Total, g.Given), g.Given - 1, g.Given + 1, g.Given})
	}
	return p
}

// spend draws how much is charged or held: any amount, or one that takes all there is, or
// all but a credit, for that draws on every grant.
func (m *machine) spend(t *rapid.T, a *ledgermodel.Account, other int64) int64 {
	have := m.available(a)
	if have < 2 || have > 1000 || rapid.IntRange(0, 3).Draw(t, "spend nearly all") != 0 {
		return other
	}
	return have - rapid.Int64Range(0, 1).Draw(t, "but")
}

// expiry draws one on the hour, so that expiries and timeouts often coincide.
func (m *machine) expiry(t *rapid.T, at time.Time) time.Time {
	hours := rapid.SampledFrom([]int{1, 2, 3, 4, 30, 0, 0, -1}).Draw(t, "expires in hours")
	if hours == 0 {
		return time.Time{}
	}
	return at.Add(time.Duration(hours) * time.Hour)
}

func (m *machine) timeout(t *rapid.T) time.Duration {
	return time.Duration(rapid.IntRange(0, 4).Draw(t, "timeout in hours")) * time.Hour
}

// known draws the key of an operation that was drawn for the account: most often one that
// took effect, else one that was refused or undone, or a key that nothing was sent under.
func (m *machine) known(t *rapid.T, a *ledgermodel.Account, is func(credits.Op) bool) string {
	drawn, done := []string{"unknown"}, []string{}
	for _, op := range m.sent {
		user, key := NameOf(op)
		if user != a.User || !is(op) {
			continue
		}
		drawn = append(drawn, key)
		if slices.ContainsFunc(a.Entries, func(e credits.Entry) bool { return e.OpKey == key }) {
			done = append(done, key)
		}
	}
	if len(done) == 0 || rapid.IntRange(0, 4).Draw(t, "done or not") == 0 {
		return rapid.SampledFrom(drawn).Draw(t, "of")
	}
	return rapid.SampledFrom(done).Draw(t, "of")
}

func grantKey(op credits.Op) bool {
	switch p := op.(type) {
	case credits.GrantParams, credits.GrantNewUserCreditsParams, credits.PingParams:
		return true
	case credits.AdjustParams:
		return p.Amount > 0
	}
	return false
}

func chargeKey(op credits.Op) bool {
	switch p := op.(type) {
	case credits.ChargeParams, credits.CaptureParams:
		return true
	case credits.AdjustParams:
		return p.Amount < 0
	}
	return false
}

func holdKey(op credits.Op) bool {
	_, ok := op.(credits.HoldParams)
	return ok
}
