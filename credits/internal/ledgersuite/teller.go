package ledgersuite

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
)

// scenario is one behaviour of the ledger, tested on every engine. Each runs on
// an account of its own, whose rows have to fit one another in the end.
type scenario struct {
	name string
	run  func(*Teller)
}

// alone gives a scenario a database of its own: it sweeps, and a sweep reaches
// every account.
func alone(run func(*Teller)) func(*Teller) {
	return func(t *Teller) {
		t.DB = t.suite.New(t.T)
		t.Handle = t.DB
		run(t)
	}
}

// Suite is what scenarios play on.
type Suite struct {
	// New makes a database that holds the ledger's tables and no rows, for one test.
	New func(t *testing.T) *bun.DB
	// InTx runs fn in a caller's transaction, commits it, and rolls it back if fn fails;
	// nil is bun's.
	InTx InTx
}

// InTx runs fn in a transaction.
type InTx func(ctx context.Context, db *bun.DB, fn func(ctx context.Context, tx bun.Tx) error) error

func (s Suite) inTx(ctx context.Context, db *bun.DB, fn func(ctx context.Context, tx bun.Tx) error) error {
	if s.InTx != nil {
		return s.InTx(ctx, db, fn)
	}
	return db.RunInTx(ctx, nil, fn)
}

// groups are all scenarios.
func groups() map[string][]scenario {
	return map[string][]scenario{
		"idempotency": idempotencyScenarios,
		"cut":         cutScenarios,
		"caller":      callerScenarios,
		"isolation":   isolationScenarios,
		"time":        timeScenarios,
		"input":       inputScenarios,
		"legacy":      legacyScenarios,
		"hold":        holdScenarios,
		"claw-back":   clawBackScenarios,
		"grant":       grantScenarios,
		"batch":       append([]scenario{longBatch}, batchScenarios...),
		"clock":       clockScenarios,
	}
}

// Run holds what is promised of every verb, a subtest a promise.
func Run(t *testing.T, suite Suite) {
	t.Helper()
	suite.run(t, groups())
}

// RunSharded is a part of Run, for tables that are laid out for shards.
func RunSharded(t *testing.T, suite Suite) {
	t.Helper()
	suite.run(t, map[string][]scenario{"batch": batchScenarios, "hold": holdScenarios, "caller": callerScenarios})
}

// RunCallers is the part of Run in which it matters whose the handle is, and how its
// transactions are run.
func RunCallers(t *testing.T, suite Suite) {
	t.Helper()
	suite.run(t, map[string][]scenario{"caller": callerScenarios, "cut": cutScenarios})
}

// run plays the scenarios on one database, and proves all of its accounts at the end.
func (s Suite) run(t *testing.T, groups map[string][]scenario) {
	t.Helper()
	db := s.New(t)
	for name, scenarios := range groups {
		t.Run(name, func(t *testing.T) {
			for _, scenario := range scenarios {
				t.Run(scenario.name, func(t *testing.T) {
					t.Parallel()
					tell := NewTeller(t, db, s)
					scenario.run(tell)
					tell.Check()
				})
			}
		})
	}
	report, err := audit.Verify(t.Context(), db, audit.VerifyParams{})
	require.NoError(t, err)
	require.Empty(t, report.Breaches, "all accounts")
}

// Teller works one account.
type Teller struct {
	*testing.T

	suite Suite
	DB    *bun.DB // for what runs beside
	// Handle is what verbs run on: DB, or a caller's transaction.
	Handle bun.IDB
	User   string
}

// NewTeller works an account that is new.
func NewTeller(t *testing.T, db *bun.DB, suite Suite) *Teller {
	return &Teller{T: t, suite: suite, DB: db, Handle: db, User: uuid.NewString()}
}

// another works another account of the database.
func (t *Teller) another() *Teller { return NewTeller(t.T, t.DB, t.suite) }

// Hour is a moment that many hours after the Start.
func Hour(n float64) time.Time { return Start.Add(time.Duration(n * float64(time.Hour))) }

// Must returns a verb's result and fails the test on an error.
func (t *Teller) Must(op *credits.Operation, err error) *credits.Operation {
	t.Helper()
	require.NoError(t, err)
	require.NotNil(t, op)
	return op
}

// Do runs the verb of op on the handle.
func (t *Teller) Do(op credits.Op) *credits.Operation {
	t.Helper()
	return t.Must(Call(t.Context(), t.Handle, op))
}

// Refuse runs the verb of op, which must fail with target.
func (t *Teller) Refuse(op credits.Op, target error) error {
	t.Helper()
	got, err := Call(t.Context(), t.Handle, op)
	require.ErrorIs(t, err, target)
	require.Nil(t, got)
	return err
}

// Grant grants at the Start, never expiring unless hours are given.
func (t *Teller) Grant(key string, amount int64, expiresInHours ...float64) *credits.Operation {
	t.Helper()
	return t.Do(t.GrantOp(key, amount, expiresInHours...))
}

// GrantOp is the grant that Grant makes.
func (t *Teller) GrantOp(key string, amount int64, expiresInHours ...float64) credits.GrantParams {
	p := credits.GrantParams{UserUUID: t.User, Amount: amount, Type: "gift", Key: key, At: Start}
	if len(expiresInHours) > 0 {
		p.ExpiresAt = Hour(expiresInHours[0])
	}
	return p
}

// ChargeOp is the charge that Charge makes.
func (t *Teller) ChargeOp(key string, amount int64, at time.Time) credits.ChargeParams {
	return credits.ChargeParams{UserUUID: t.User, Amount: amount, Key: key, At: at}
}

// Charge charges the account.
func (t *Teller) Charge(key string, amount int64, at time.Time) *credits.Operation {
	t.Helper()
	return t.Do(t.ChargeOp(key, amount, at))
}

// HoldOp holds credits of the account.
func (t *Teller) HoldOp(key string, amount int64, at time.Time, timeout time.Duration) credits.HoldParams {
	return credits.HoldParams{UserUUID: t.User, Amount: amount, Key: key, At: at, Timeout: timeout}
}

// Balance is the account at a time.
func (t *Teller) Balance(at time.Time) *credits.BalanceResult {
	t.Helper()
	b, err := credits.BalanceAt(t.Context(), t.Handle, credits.BalanceParams{UserUUID: t.User, At: at})
	require.NoError(t, err)
	return b
}

// Stored is the account as its rows are.
func (t *Teller) Stored() *Stored {
	t.Helper()
	return ReadStored(t.Context(), t, t.Handle, t.User)
}

// Check checks the account's rows against one another.
func (t *Teller) Check() *Stored {
	t.Helper()
	return CheckInvariants(context.WithoutCancel(t.Context()), t, t.DB, t.User)
}

// Together runs fn n times at once and returns when all are done.
func Together(n int, fn func(i int)) {
	var group sync.WaitGroup
	begin := make(chan struct{})
	for i := range n {
		group.Go(func() {
			<-begin
			fn(i)
		})
	}
	close(begin)
	group.Wait()
}

// lotAmount is an entry's lot and credits.
type lotAmount struct{ lot, credits int64 }

func lotAmounts(op *credits.Operation) []lotAmount {
	var out []lotAmount
	for _, e := range op.Entries {
		out = append(out, lotAmount{e.Lot, e.Credits})
	}
	return out
}
