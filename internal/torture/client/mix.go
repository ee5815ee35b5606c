package client

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/chameleon-go/chameleon/internal/torture/history"
)

// share is a verb and how often it is drawn.
type share struct {
	verb   history.Verb
	weight int
}

// shares are the product's mix. What charges is drawn most, as in the product.
func shares() []share {
	return []share{
		{history.Charge, 26},
		{history.Grant, 8},
		{history.Adjust, 2},
		{history.Refund, 6},
		{history.Hold, 5},
		{history.Capture, 4},
		{history.Release, 2},
		{history.Extend, 1},
		{history.ClawBack, 2},
		{history.Void, 1},
		{history.Ping, 1},
		{history.Post, 3},
		{history.Caller, 8},
		{history.Early, 1},
		{history.Squat, 1},
		{history.Expire, 1},
		{history.Balance, 6},
		{history.Statement, 2},
		{history.Verify, 2},
		{history.Lookup, 2},
		{history.SignUp, 2},
		{history.SignIn, 2},
		{history.Order, 4},
		{history.Subscribe, 1},
		{history.Pay, 5},
		{history.OrderRefund, 2},
		{history.Dispute, 2},
		{history.Win, 1},
		{history.Lose, 1},
		{history.Renew, 2},
		{history.Generate, 5},
		{history.Reserve, 3},
		{history.Complete, 3},
		{history.Fail, 3},
		{history.Settle, 3},
		{history.Stuck, 1},
		{history.Approve, 1},
		{history.Convert, 1},
	}
}

// next draws an operation and gives it an identity.
func (w *worker) next() history.Op {
	for {
		verb := w.draw()
		w.made++
		op := history.Op{ID: fmt.Sprintf("%s.%d", w.name, w.made), Verb: verb}
		if w.fill(&op) {
			return op
		}
	}
}

func (w *worker) draw() history.Verb {
	all := shares()
	if len(w.config.Only) > 0 {
		all = slices.DeleteFunc(all, func(s share) bool { return !slices.Contains(w.config.Only, s.verb) })
	}
	total := 0
	for _, s := range all {
		total += s.weight
	}
	n := w.random.IntN(total)
	for _, s := range all {
		if n -= s.weight; n < 0 {
			return s.verb
		}
	}
	return history.Charge
}

// fill draws the parameters. It reports false when there is nothing yet that
// the verb could act on.
func (w *worker) fill(op *history.Op) bool {
	user := w.config.Users[w.random.IntN(len(w.config.Users))]
	op.User, op.Key = user.UUID, "t:"+op.ID
	switch op.Verb {
	case history.Grant:
		op.Amount = 5 + w.random.Int64N(60)
		op.ExpiresUs = w.expiry()
	case history.Charge, history.Generate, history.Early:
		op.Amount = 1 + w.random.Int64N(12)
	case history.Adjust:
		op.Amount = w.random.Int64N(20) - 8
		if op.Amount == 0 {
			op.Amount = 1
		}
	case history.Hold, history.Reserve:
		op.Amount = 1 + w.random.Int64N(20)
		op.TimeoutMs = int64(between(w.random, 300*time.Millisecond, 10*time.Minute) / time.Millisecond)
	case history.Post, history.Caller:
		w.fillParts(op)
	case history.Squat:
		op.Key, op.Amount = "order:"+op.ID+":grant", 1+w.random.Int64N(60)
	case history.Expire:
		op.User = ""
	case history.Stuck:
		op.User, op.Key = "", ""
		op.TimeoutMs = int64(between(w.random, 2*time.Second, time.Minute) / time.Millisecond)
	case history.Ping, history.Balance, history.Statement, history.Verify:
		op.Key = ""
	case history.SignUp:
		op.Key, op.Target, op.User = "u"+op.ID+"@example.com", w.someCode(), ""
	case history.SignIn:
		op.Key, op.Target, op.User = "s"+op.ID, w.someCode(), ""
	case history.Order, history.Subscribe:
		op.User = w.done.buyer(w.random, op.User)
		op.Amount, op.Price = 10+w.random.Int64N(90), 500+w.random.Int64N(20_000)
		op.Key = "o" + op.ID
		if op.Verb == history.Subscribe {
			op.Target = "sub-" + op.ID
		}
	default:
		return w.aim(op)
	}
	return true
}

// aim points an operation at an earlier one of the worker's own.
func (w *worker) aim(op *history.Op) bool {
	target, ok := w.done.take(w.random, op.Verb)
	if !ok {
		return false
	}
	op.User = target.User
	switch op.Verb {
	case history.Win, history.Lose:
		op.Key, op.Price = target.Key, target.Price
	case history.OrderRefund, history.Dispute:
		op.Key, op.Price = target.Key, 1+w.random.Int64N(max(target.Price, 1))
		if w.random.IntN(3) == 0 {
			op.Price = target.Price
		}
	case history.Pay:
		op.Key, op.Target, op.Price = target.Key, target.Target, target.Price
	case history.Renew:
		op.Key, op.Target, op.Period, op.Amount = "", target.Target, target.Period, w.random.Int64N(40)
	case history.Approve, history.Convert, history.Complete, history.Fail:
		op.Key = target.Key
	case history.Settle:
		op.Key, op.Amount = target.Key, w.random.Int64N(target.Amount+1)
	default:
		op.Target = target.Key
		op.Amount = w.partOf(op.Verb, target.Amount)
		op.TimeoutMs = 1000 + w.random.Int64N(600_000)
		op.Keep = op.Verb == history.Capture && op.Amount > 0 && w.random.IntN(2) == 0
		op.Forgive = op.Verb == history.ClawBack && w.random.IntN(2) == 0
	}
	return true
}

// partOf is how much of a target an operation asks for; 0 is all.
func (w *worker) partOf(verb history.Verb, amount int64) int64 {
	if amount <= 0 {
		amount = 1
	}
	if verb == history.ClawBack {
		return 1 + w.random.Int64N(amount)
	}
	if w.random.IntN(3) == 0 {
		return 1 + w.random.Int64N(amount)
	}
	return 0
}

// fillParts makes the parts of a batch or of a caller's transaction.
func (w *worker) fillParts(op *history.Op) {
	n := 1 + w.random.IntN(3)
	op.RollBack = op.Verb == history.Caller && w.random.IntN(6) == 0
	op.Amount = w.random.Int64N(2) // a batch: all or nothing
	if op.Verb == history.Caller && w.random.IntN(2) == 0 {
		op.Key = "" // the note last
	}
	var users []string
	for range n {
		users = append(users, w.config.Users[w.random.IntN(len(w.config.Users))].UUID)
	}
	slices.Sort(users) // accounts in one order, as the documentation asks of callers
	for i, user := range users {
		verbs := []history.Verb{history.Charge, history.Charge, history.Grant, history.Hold}
		part := history.Op{
			ID: fmt.Sprintf("%s/%d", op.ID, i), Verb: verbs[w.random.IntN(len(verbs))], User: user,
			Key: fmt.Sprintf("t:%s/%d", op.ID, i), Amount: 1 + w.random.Int64N(15),
		}
		switch part.Verb {
		case history.Grant:
			part.ExpiresUs = w.expiry()
		case history.Hold:
			part.TimeoutMs = 1000 + w.random.Int64N(60_000)
		}
		op.Parts = append(op.Parts, part)
	}
}

// expiry is when a grant of now expires: never, in a year, or soon.
func (w *worker) expiry() int64 {
	switch w.random.IntN(4) {
	case 0:
		return 0
	case 1:
		return time.Now().Add(time.Minute + between(w.random, time.Second, 2*time.Minute)).UnixMicro()
	default:
		return time.Now().Add(time.Hour * time.Duration(24*(1+w.random.IntN(3)))).UnixMicro()
	}
}

func (w *worker) someCode() string {
	if w.random.IntN(3) == 0 {
		return ""
	}
	return w.config.Users[w.random.IntN(len(w.config.Users))].Code
}

// memory is what a worker has done and can act on again.
type memory struct {
	byVerb map[history.Verb][]history.Op
}

// maxMemory bounds what is remembered for each verb.
const maxMemory = 40

// keep remembers what an acknowledged operation made possible.
func (m *memory) keep(op history.Op, answer history.Answer) {
	add := func(verbs ...history.Verb) { m.put(op, verbs...) }
	switch op.Verb {
	case history.Grant:
		add(history.ClawBack, history.Void, history.Lookup)
	case history.Charge:
		add(history.Refund, history.Lookup)
	case history.Capture:
		add(history.Refund, history.Lookup)
		if op.Keep {
			hold := op
			hold.Key = op.Target
			m.put(hold, history.Capture, history.Release)
		}
	case history.Hold:
		add(history.Capture, history.Release, history.Extend)
	case history.SignUp, history.SignIn:
		op.User = answer.Ref
		add(history.Order)
	case history.Order:
		add(history.Pay)
	case history.Subscribe:
		add(history.Pay)
	case history.Pay:
		add(history.OrderRefund, history.Dispute, history.Approve, history.Pay)
		if op.Target != "" {
			add(history.Renew)
		}
	case history.Dispute:
		add(history.Win, history.Lose)
	case history.Renew:
		op.Period++
		add(history.Renew)
	case history.Approve:
		add(history.Convert)
	case history.Generate:
		add(history.Complete, history.Fail)
	case history.Reserve:
		add(history.Settle, history.Fail)
	}
}

// put remembers an operation for verbs that can act on it.
func (m *memory) put(op history.Op, verbs ...history.Verb) {
	if m.byVerb == nil {
		m.byVerb = map[history.Verb][]history.Op{}
	}
	for _, verb := range verbs {
		m.byVerb[verb] = append(m.byVerb[verb], op)
		if over := len(m.byVerb[verb]) - maxMemory; over > 0 {
			m.byVerb[verb] = m.byVerb[verb][over:]
		}
	}
}

// take draws something that a verb can act on. It is mostly taken once;
// repeated deliveries are part of the mix.
func (m *memory) take(random *rand.Rand, verb history.Verb) (history.Op, bool) {
	known := m.byVerb[verb]
	if len(known) == 0 {
		return history.Op{}, false
	}
	i := random.IntN(len(known))
	op := known[i]
	if random.IntN(5) > 0 {
		m.byVerb[verb] = slices.Delete(known, i, i+1)
	}
	return op, true
}

// buyer is who orders: mostly somebody who was invited, if the worker knows
// one.
func (m *memory) buyer(random *rand.Rand, other string) string {
	known := m.byVerb[history.Order]
	if len(known) == 0 || random.IntN(2) == 0 {
		return other
	}
	return known[random.IntN(len(known))].User
}
