package audit_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
)

// proofStart is when the histories of these tests start.
var proofStart = time.Date(2026, 1, 1, 12, 0, 0, 123_456_000, time.UTC)

func proofUser(n int) string { return fmt.Sprintf("7b1f2c3d-0000-4000-8000-%012d", n) }

// busy drives random operations on a few accounts. The same seed drives the
// same ones.
type busy struct {
	rng     *rand.Rand
	db      bun.IDB
	users   []string
	clock   time.Time
	made    int
	grants  map[string][]string
	charges map[string][]string
	holds   map[string][]string
	// did counts the operations that happened, by kind.
	did map[credits.Kind]int
}

func newBusy(db bun.IDB, seed uint64, users ...string) *busy {
	return &busy{
		rng: rand.New(rand.NewPCG(seed, 7)), db: db, users: users, clock: proofStart,
		grants: map[string][]string{}, charges: map[string][]string{}, holds: map[string][]string{},
		did: map[credits.Kind]int{},
	}
}

// pick returns one of the latest keys, or one that nobody has.
func (b *busy) pick(keys []string) string {
	if len(keys) == 0 {
		return "nothing"
	}
	recent := keys[max(0, len(keys)-4):]
	return recent[b.rng.IntN(len(recent))]
}

func (b *busy) amount(most int64) int64 { return 1 + b.rng.Int64N(most) }

// tie makes expiries and timeouts fall together now and then.
func (b *busy) tie() time.Duration { return time.Duration(1+b.rng.IntN(12)) * time.Hour }

// next returns a random operation on a random account.
func (b *busy) next() (credits.Op, string, string) {
	b.made++
	user, key := b.users[b.rng.IntN(len(b.users))], fmt.Sprintf("op%d", b.made)
	b.clock = b.clock.Add(time.Duration(b.rng.IntN(2)) * 30 * time.Minute)
	at := b.clock
	if b.rng.IntN(10) == 0 {
		at = at.Add(-2 * time.Hour) // a clock that is behind
	}
	meta := map[string]any{"n": b.made, "text": "ä \" 'x'"}
	switch b.rng.IntN(14) {
	case 0, 1, 2:
		g := credits.GrantParams{
			UserUUID: user, Amount: b.amount(200), Type: credits.TypeSystemAdd, Key: key,
			Paid: b.rng.IntN(3) == 0, At: at, OrderNo: "o" + key, Metadata: meta,
		}
		if b.rng.IntN(4) > 0 {
			g.ExpiresAt = at.Add(b.tie())
		}
		if b.rng.IntN(4) == 0 {
			g.CarryOver = &credits.CarryOver{GrantKey: b.pick(b.grants[user]), Max: b.amount(50)}
		}
		return g, user, key
	case 3, 4, 5:
		return credits.ChargeParams{UserUUID: user, Amount: b.amount(80), Key: key, At: at, Metadata: meta}, user, key
	case 6:
		return credits.RefundParams{
			UserUUID: user, ChargeKey: b.pick(b.charges[user]), Amount: b.rng.Int64N(20), Key: key, At: at,
		}, user, key
	case 7:
		return credits.ClawBackParams{
			UserUUID: user, GrantKey: b.pick(b.grants[user]), Total: b.amount(60), Key: key, At: at,
			Reinstate: b.rng.IntN(3) == 0,
			Source:    []string{credits.SourceRefund, credits.SourceDispute}[b.rng.IntN(2)],
			Policy:    []credits.ClawBackPolicy{credits.PolicyDebt, credits.PolicyForgive}[b.rng.IntN(2)],
		}, user, key
	case 8, 9:
		return credits.HoldParams{UserUUID: user, Amount: b.amount(60), Key: key, Timeout: b.tie(), At: at}, user, key
	case 10:
		return credits.CaptureParams{
			UserUUID: user, HoldKey: b.pick(b.holds[user]), Amount: b.rng.Int64N(30),
			KeepHold: b.rng.IntN(2) == 0, Key: key, At: at,
		}, user, key
	case 11:
		return credits.ReleaseParams{UserUUID: user, HoldKey: b.pick(b.holds[user]), Key: key, At: at}, user, key
	case 12:
		return credits.ExtendParams{
			UserUUID: user, HoldKey: b.pick(b.holds[user]), Timeout: b.tie(), Key: key, At: at,
		}, user, key
	default:
		return credits.VoidParams{UserUUID: user, GrantKey: b.pick(b.grants[user]), Key: key, At: at}, user, key
	}
}

// ordinary are the refusals that random operations meet.
var ordinary = []error{
	credits.ErrInsufficient, credits.ErrNotFound, credits.ErrExceeds, credits.ErrSpent, credits.ErrHoldEnded,
}

// run performs n operations, some in batches.
func (b *busy) run(ctx context.Context, t testing.TB, n int) {
	t.Helper()
	for done := 0; done < n; {
		size := 1
		if b.rng.IntN(5) == 0 {
			size = 1 + b.rng.IntN(6)
		}
		ops, users, keys := make([]credits.Op, size), make([]string, size), make([]string, size)
		for i := range ops {
			ops[i], users[i], keys[i] = b.next()
		}
		out := b.post(ctx, t, ops)
		for i, o := range out {
			b.note(t, o, users[i], keys[i])
		}
		if b.rng.IntN(12) == 0 {
			_, err := credits.ExpireDue(ctx, b.db, credits.ExpireDueParams{MaxAhead: credits.AnyTime, At: b.clock})
			require.NoError(t, err)
		}
		done += size
	}
}

// post takes the way of a single charge where it is one.
func (b *busy) post(ctx context.Context, t testing.TB, ops []credits.Op) []credits.Outcome {
	t.Helper()
	if charge, ok := ops[0].(credits.ChargeParams); ok && len(ops) == 1 {
		op, err := credits.Charge(ctx, b.db, charge)
		return []credits.Outcome{{Operation: op, Err: err}}
	}
	out, err := credits.Post(ctx, b.db, credits.PostParams{Ops: ops})
	require.NoError(t, err)
	return out
}

func (b *busy) note(t testing.TB, o credits.Outcome, user, key string) {
	t.Helper()
	if o.Err != nil {
		for _, known := range ordinary {
			if errors.Is(o.Err, known) {
				return
			}
		}
		require.NoError(t, o.Err)
	}
	b.did[o.Operation.Kind]++
	switch o.Operation.Kind {
	case credits.KindGrant, credits.KindPaidGrant:
		b.grants[user] = append(b.grants[user], key)
	case credits.KindCharge, credits.KindCapture:
		b.charges[user] = append(b.charges[user], key)
	case credits.KindHold:
		b.holds[user] = append(b.holds[user], key)
	default:
	}
}

// proven asserts that Verify finds nothing wrong, and returns its report.
func proven(ctx context.Context, t testing.TB, db bun.IDB, p audit.VerifyParams) *audit.VerifyReport {
	t.Helper()
	report, err := audit.Verify(ctx, db, p)
	require.NoError(t, err)
	require.Empty(t, report.Breaches)
	require.True(t, report.OK())
	require.Equal(t, report.Credits, report.Remainder-report.Debt, "entries sum to what is left less debt")
	return report
}
