package ledgersuite

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"pgregory.net/rapid"

	"github.com/chameleon-go/chameleon/archive"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/credits/ledgertest/ledgermodel"
)

// Start is when the property tests' clocks Start.
var Start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// Random runs a random sequence of operations on the ledger and on the model, on accounts
// of its own, and compares all there is to see after every step.
// InTx is as in [Suite].
func Random(t *rapid.T, db *bun.DB, inTx InTx) {
	m := newMachine(db)
	m.suite.InTx = inTx
	m.run(t)
}

// machine drives the ledger and the model side by side.
type machine struct {
	suite Suite
	db    *bun.DB
	model *ledgermodel.Ledger
	users []string
	now   time.Time
	keys  int
	sent  []credits.Op
	dirty map[string]bool
}

func newMachine(db *bun.DB) *machine {
	m := &machine{db: db, model: &ledgermodel.Ledger{}, now: Start, dirty: map[string]bool{}}
	for range 3 {
		m.users = append(m.users, uuid.NewString())
	}
	return m
}

func (m *machine) run(t *rapid.T) {
	t.Repeat(map[string]func(*rapid.T){
		"operation":   m.operation,
		"operation 2": m.operation, // as often as the others together
		"operation 3": m.operation,
		"operation 4": m.operation,
		"operation 5": m.operation,
		"again":       m.again,
		"other":       m.otherPayload,
		"transaction": m.transaction,
		"batch":       m.batch,
		"long":        m.long,
		"sweep":       m.sweep,
		"archive":     m.archive,
		"restore":     m.restore,
		"tick":        m.tick,
		"mark":        m.mark,
		"":            m.check,
	})
	for _, user := range m.users {
		report, err := audit.Verify(context.Background(), m.db, audit.VerifyParams{UserUUID: user})
		require.NoError(t, err)
		require.Empty(t, report.Breaches, "%s", m.name(user))
	}
	m.checkBooks(t)
}

// tick moves the clock, at times backwards: servers' clocks differ.
func (m *machine) tick(t *rapid.T) {
	by := rapid.SampledFrom([]time.Duration{
		time.Hour, 2 * time.Hour, -time.Hour, time.Microsecond, -time.Microsecond, 24 * time.Hour, 400 * 24 * time.Hour,
	}).Draw(t, "tick")
	m.now = m.now.Add(by)
}

// mark sets a low-balance mark, or takes it away: nothing that is granted, spent or
// held is another for it. It brings the account up to its time.
func (m *machine) mark(t *rapid.T) {
	user, at, mark := m.someone(t), m.at(t), rapid.SampledFrom([]int64{0, 1, 10, 40, 200}).Draw(t, "mark")
	a := m.model.Account(user)
	if len(a.Entries) == 0 {
		t.Skip("no account yet")
	}
	got, err := credits.SetLowBalance(context.Background(), m.db, credits.SetLowBalanceParams{
		UserUUID: user, Mark: mark, At: at, MaxAhead: credits.AnyTime,
	})
	require.NoError(t, err)
	m.dirty[user] = true
	t.Logf("mark %d of %s at %s", mark, m.name(user), Clock(at.UnixMicro()))
	swept := ReadStored(context.Background(), t, m.db, user).Row.AsOfUs
	require.Contains(t, []int64{a.AsOf, at.UnixMicro()}, swept)
	a.Settle(swept)
	require.Equal(t, a.At(a.AsOf).Available, got.Available)
}

// archive moves what is older than some moment, in batches that may be shorter than
// an operation. Nothing that anybody reads changes.
func (m *machine) archive(t *rapid.T) {
	ago := rapid.SampledFrom([]time.Duration{-time.Hour, 0, time.Hour, 24 * time.Hour}).Draw(t, "ago")
	_, err := archive.Run(context.Background(), m.db, archive.Params{
		Before: m.now.Add(-ago), Batch: rapid.IntRange(1, 20).Draw(t, "batch"), UserUUID: m.someone(t),
	})
	require.NoError(t, err)
	m.allDirty()
}

func (m *machine) restore(t *rapid.T) {
	_, err := archive.Restore(context.Background(), m.db, archive.RestoreParams{
		Batch: rapid.IntRange(1, 20).Draw(t, "batch"), UserUUID: m.someone(t),
	})
	require.NoError(t, err)
	m.allDirty()
}

// someone is a user of the test, for random tests in one database mind their own.
func (m *machine) someone(t *rapid.T) string { return rapid.SampledFrom(m.users).Draw(t, "user") }

func (m *machine) allDirty() {
	for _, user := range m.users {
		m.dirty[user] = true
	}
}

// operation runs one verb in a transaction of its own.
func (m *machine) operation(t *rapid.T) {
	m.perform(t, m.db, m.model, m.draw(t, m.model))
}

// again sends an operation that was sent before, at another time.
func (m *machine) again(t *rapid.T) {
	if len(m.sent) == 0 {
		t.Skip("nothing was sent yet")
	}
	op := rapid.SampledFrom(m.sent).Draw(t, "again")
	m.perform(t, m.db, m.model, restamp(op, m.at(t)))
}

// otherPayload sends another operation under a key that was sent before.
func (m *machine) otherPayload(t *rapid.T) {
	if len(m.sent) == 0 {
		t.Skip("nothing was sent yet")
	}
	op := rapid.SampledFrom(m.sent).Draw(t, "key of")
	switch op.(type) {
	case credits.GrantNewUserCreditsParams, credits.PingParams:
		t.Skip("the library's own key is refused before anything is looked up")
	}
	user, key := NameOf(op)
	m.perform(t, m.db, m.model, credits.ChargeParams{
		UserUUID: user, Key: key, Amount: rapid.Int64Range(1, 20).Draw(t, "amount"), Type: "other", At: m.at(t),
	})
}

// perform runs op on both and compares the outcomes.
func (m *machine) perform(t tester, db bun.IDB, model *ledgermodel.Ledger, op credits.Op) {
	user, _ := NameOf(op)
	m.dirty[user] = true
	want := model.Apply(op)
	got, err := Call(context.Background(), db, op)
	t.Logf("%s: %s", m.describe(op), outcomeText(got, err))
	checkOutcome(t, want, got, err)
}

// transaction runs verbs in a caller's transaction, with a statement of the
// caller's after each, and commits or rolls back.
func (m *machine) transaction(t *rapid.T) {
	n := rapid.IntRange(1, 4).Draw(t, "operations")
	commit := rapid.Bool().Draw(t, "commit")
	undo := errors.New("undo")
	model := m.model.Clone()
	err := m.suite.inTx(context.Background(), m.db, func(ctx context.Context, tx bun.Tx) error {
		for range n {
			m.perform(t, tx, model, m.draw(t, model))
			var one int
			require.NoError(t, tx.NewRaw("SELECT 1").Scan(ctx, &one), "the transaction goes on")
		}
		if commit {
			return nil
		}
		return undo
	})
	t.Logf("committed %v", commit)
	if !commit {
		require.ErrorIs(t, err, undo)
		return
	}
	require.NoError(t, err)
	m.model = model
}

// batch posts several operations at once.
func (m *machine) batch(t *rapid.T) {
	ops := make([]credits.Op, rapid.IntRange(1, 8).Draw(t, "operations"))
	planned := m.model.Clone() // so that one may act on what the batch does before it
	for i := range ops {
		ops[i] = m.draw(t, planned)
		planned.Apply(ops[i])
	}
	m.post(t, ops, rapid.Bool().Draw(t, "all or nothing"))
}

func (m *machine) post(t tester, ops []credits.Op, all bool) {
	for _, op := range ops {
		user, _ := NameOf(op)
		m.dirty[user] = true
	}
	want, wantErr := m.model.Post(ops, all)
	got, err := credits.Post(context.Background(), m.db, credits.PostParams{Ops: anyTimes(ops), AllOrNothing: all})
	for i, op := range ops {
		t.Logf("post %d: %s", i, m.describe(op))
	}
	t.Logf("posted (all or nothing %v): %v", all, err)
	if wantErr != nil {
		require.EqualError(t, err, wantErr.Error())
		require.Nil(t, got)
		return
	}
	require.NoError(t, err)
	require.Len(t, got, len(want))
	for i := range want {
		checkOutcome(t, want[i], got[i].Operation, got[i].Err)
	}
}

// sweep brings stored state up to the clock. It may move an account's time to
// the sweep's, and has to where something was due.
func (m *machine) sweep(t *rapid.T) {
	at := m.at(t)
	_, err := credits.ExpireDue(context.Background(), m.db, credits.ExpireDueParams{MaxAhead: credits.AnyTime, At: at, Limit: credits.MaxSweepLimit})
	require.NoError(t, err)
	t.Logf("sweep at %s", Clock(at.UnixMicro()))
	for _, user := range userNames(m.model) {
		a := m.model.Accounts[user]
		m.dirty[user] = true
		swept := ReadStored(context.Background(), t, m.db, user).Row.AsOfUs
		if a.NextEvent() <= at.UnixMicro() {
			require.Equal(t, max(a.AsOf, at.UnixMicro()), swept, "%s had something due", user)
		} else {
			require.Contains(t, []int64{a.AsOf, at.UnixMicro()}, swept)
		}
		a.Settle(swept)
	}
}

// check compares what is stored, and balances at random moments.
func (m *machine) check(t *rapid.T) {
	ctx := context.Background()
	for _, user := range m.users {
		if m.dirty[user] {
			CheckModel(ctx, t, m.db, m.model.Account(user))
		}
	}
	clear(m.dirty)
	user := rapid.SampledFrom(m.users).Draw(t, "user")
	for _, at := range []time.Time{m.now, m.at(t)} {
		got, err := credits.BalanceAt(ctx, m.db, credits.BalanceParams{UserUUID: user, At: at})
		require.NoError(t, err)
		require.Equal(t, m.model.Account(user).At(at.UnixMicro()), got, "balance of %s at %s", m.name(user), Clock(at.UnixMicro()))
	}
}

// at draws a moment near the clock's.
func (m *machine) at(t *rapid.T) time.Time {
	return m.now.Add(rapid.SampledFrom([]time.Duration{
		0, 0, time.Hour, -time.Hour, 2 * time.Hour, -3 * time.Hour, -24 * time.Hour, time.Microsecond, -time.Microsecond,
	}).Draw(t, "at"))
}

func (m *machine) key() string {
	m.keys++
	return "k" + strconv.Itoa(m.keys)
}

// name is a user's short name.
func (m *machine) name(user string) string {
	for i, u := range m.users {
		if u == user {
			return "user" + strconv.Itoa(i)
		}
	}
	return user
}

// describe shows an operation on one line.
func (m *machine) describe(op credits.Op) string {
	text := fmt.Sprintf("%T%+v", op, op)
	if p, ok := op.(credits.GrantParams); ok && p.CarryOver != nil {
		text += fmt.Sprintf(" carrying over %+v", *p.CarryOver)
	}
	text = strings.ReplaceAll(strings.ReplaceAll(text, "credits.", ""), " +0000 UTC", "")
	for _, user := range m.users {
		text = strings.ReplaceAll(text, user, m.name(user))
	}
	return text
}

func outcomeText(op *credits.Operation, err error) string {
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("amount %d, available %d, replayed %v", op.Amount, op.Available, op.Replayed)
}

// NameOf returns an operation's account and key.
func NameOf(op credits.Op) (user, key string) {
	switch p := op.(type) {
	case credits.GrantParams:
		return p.UserUUID, p.Key
	case credits.GrantNewUserCreditsParams:
		return p.UserUUID, credits.NewUserKey
	case credits.PingParams:
		return p.UserUUID, "ping:" + p.At.UTC().Format(time.DateOnly)
	case credits.AdjustParams:
		return p.UserUUID, p.Key
	case credits.ChargeParams:
		return p.UserUUID, p.Key
	case credits.RefundParams:
		return p.UserUUID, p.Key
	case credits.ClawBackParams:
		return p.UserUUID, p.Key
	case credits.VoidParams:
		return p.UserUUID, p.Key
	case credits.HoldParams:
		return p.UserUUID, p.Key
	case credits.CaptureParams:
		return p.UserUUID, p.Key
	case credits.ReleaseParams:
		return p.UserUUID, p.Key
	case credits.ExtendParams:
		return p.UserUUID, p.Key
	}
	panic(fmt.Sprintf("no name for %T", op))
}

// restamp is the same operation at another time. The day of a ping is its key,
// so that stays.
func restamp(op credits.Op, at time.Time) credits.Op {
	switch p := op.(type) {
	case credits.GrantParams:
		p.At = at
		return p
	case credits.GrantNewUserCreditsParams:
		p.At = at
		return p
	case credits.AdjustParams:
		p.At = at
		return p
	case credits.ChargeParams:
		p.At = at
		return p
	case credits.RefundParams:
		p.At = at
		return p
	case credits.ClawBackParams:
		p.At = at
		return p
	case credits.VoidParams:
		p.At = at
		return p
	case credits.HoldParams:
		p.At = at
		return p
	case credits.CaptureParams:
		p.At = at
		return p
	case credits.ReleaseParams:
		p.At = at
		return p
	case credits.ExtendParams:
		p.At = at
		return p
	}
	return op
}

// anyTime is the same operation without a bound on its time: these tests travel
// into the future.
func anyTime(op credits.Op) credits.Op {
	p := reflect.New(reflect.TypeOf(op)).Elem()
	p.Set(reflect.ValueOf(op))
	if ahead := p.FieldByName("MaxAhead"); ahead.IsZero() {
		ahead.SetInt(int64(credits.AnyTime))
	}
	lifted, ok := reflect.TypeAssert[credits.Op](p)
	if !ok {
		panic("params are no operation any more")
	}
	return lifted
}

func anyTimes(ops []credits.Op) []credits.Op {
	lifted := make([]credits.Op, len(ops))
	for i, op := range ops {
		lifted[i] = anyTime(op)
	}
	return lifted
}

// Call runs the verb that the params belong to, at any time.
func Call(ctx context.Context, db bun.IDB, op credits.Op) (*credits.Operation, error) {
	switch p := anyTime(op).(type) {
	case credits.GrantParams:
		return credits.Grant(ctx, db, p)
	case credits.GrantNewUserCreditsParams:
		return credits.GrantNewUserCredits(ctx, db, p)
	case credits.PingParams:
		return credits.Ping(ctx, db, p)
	case credits.AdjustParams:
		return credits.Adjust(ctx, db, p)
	case credits.ChargeParams:
		return credits.Charge(ctx, db, p)
	case credits.RefundParams:
		return credits.Refund(ctx, db, p)
	case credits.ClawBackParams:
		return credits.ClawBack(ctx, db, p)
	case credits.VoidParams:
		return credits.Void(ctx, db, p)
	case credits.HoldParams:
		return credits.Hold(ctx, db, p)
	case credits.CaptureParams:
		return credits.Capture(ctx, db, p)
	case credits.ReleaseParams:
		return credits.Release(ctx, db, p)
	case credits.ExtendParams:
		return credits.Extend(ctx, db, p)
	}
	return nil, errors.New("no verb for these params")
}
