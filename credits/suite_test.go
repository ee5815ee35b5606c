package credits_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits/internal/ledgersuite"
	"github.com/chameleon-go/chameleon/credits/ledgertest"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

// The suite that a team runs is this package's, too; what tests that are here alone need
// of it they call by these names.
type (
	stored   = ledgersuite.Stored
	rawEntry = ledgersuite.RawEntry
)

var (
	start           = ledgersuite.Start
	hour            = ledgersuite.Hour
	call            = ledgersuite.Call
	nameOf          = ledgersuite.NameOf
	clock           = ledgersuite.Clock
	show            = ledgersuite.Show
	checkInvariants = ledgersuite.CheckInvariants
	checkModel      = ledgersuite.CheckModel
	checkIdentity   = ledgersuite.CheckIdentity
	checkLines      = ledgersuite.CheckLines
	pageThrough     = ledgersuite.PageThrough
	wantSums        = ledgersuite.WantSums
	wholeStatement  = ledgersuite.WholeStatement
)

// most is the largest amount.
const most = ledgersuite.Most

// TestSemantics holds what is promised of every verb, a subtest a promise.
func TestSemantics(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) { ledgertest.Run(t, source(env)) })
}

// TestSemanticsSharded is a part of TestSemantics on tables that are laid out for
// shards, and on handles that work as over them; `make test-sharded` runs all.
func TestSemanticsSharded(t *testing.T) {
	t.Parallel()
	enginetest.RunSharded(t, func(t *testing.T, env *enginetest.Env) {
		ledgersuite.RunSharded(t, ledgersuite.Suite{New: source(env)})
	})
}

// TestLedgerEqualsModel runs random sequences of operations on the ledger and
// on the model, and compares all there is to see after every step.
func TestLedgerEqualsModel(t *testing.T) {
	t.Parallel()
	enginetest.RandomChecks(t)
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) { ledgertest.RunRandom(t, env.DB) })
}

// together runs fn n times at once. internal/cmd/concurrenttests finds the tests that do so
// by what stands here.
func together(n int, fn func(i int)) {
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() { fn(i) })
	}
	group.Wait()
}

// source is env's database, and others on its engine.
func source(env *enginetest.Env) func(t *testing.T) *bun.DB {
	var taken atomic.Bool
	return func(t *testing.T) *bun.DB {
		t.Helper()
		if taken.CompareAndSwap(false, true) {
			return env.DB
		}
		return enginetest.New(t, env.Engine).DB
	}
}

// teller works one account on an engine.
type teller struct {
	*ledgersuite.Teller

	env *enginetest.Env
}

func newTeller(t *testing.T, env *enginetest.Env) *teller {
	return &teller{Teller: ledgersuite.NewTeller(t, env.DB, ledgersuite.Suite{New: source(env)}), env: env}
}

// inTx has the account worked in a transaction, which is committed.
func (t *teller) inTx(fn func(tx *teller) error) error {
	return t.InTx(func(tx *ledgersuite.Teller) error { return fn(&teller{Teller: tx, env: t.env}) })
}

// on works the same account on another handle.
func (t *teller) on(handle bun.IDB) *teller {
	other := *t.Teller
	other.Handle = handle
	return &teller{Teller: &other, env: t.env}
}
