// Package ledgertest is the ledger's conformance suite: what its own tests run on every
// engine, for a team to run on its database, with its driver, its handle and its settings.
//
//	func TestLedger(t *testing.T) {
//		ledgertest.Run(t, openEmpty)
//	}
//
//	func TestLedgerAtRandom(t *testing.T) {
//		ledgertest.RunRandom(t, openEmpty(t))
//	}
//
// Each database holds the tables of credits.Models and no rows: package schema pushes
// them, and templates of chameleontest make such databases in milliseconds. The suites write
// accounts of any kind, times far in the future, and rows as other programs write them, so a
// database is theirs alone.
//
// Package ledgermodel is what the random suite compares the ledger with: the same rules,
// over entries in memory.
package ledgertest

import (
	"context"
	"testing"

	"github.com/uptrace/bun"
	"pgregory.net/rapid"

	"github.com/chameleon-go/chameleon/credits/internal/ledgersuite"
)

// Run plays what is promised of every verb, a subtest a promise: idempotency, calls that are
// cut off, callers' transactions at every isolation level, time and expiry, bad input, rows
// of other programs, holds, refunds and claw-backs, batches, concurrency and clocks. Each
// plays on an account of its own, whose rows have to fit one another in the end. Finally
// audit.Verify proves all accounts.
//
// newDB is called once, and again for each subtest that needs a database of its own; it
// closes and drops what it made when its test ends. Its pool needs four connections or more,
// but on SQLite.
func Run(t *testing.T, newDB func(t *testing.T) *bun.DB, options ...Option) {
	t.Helper()
	ledgersuite.Run(t, ledgersuite.Suite{New: newDB, InTx: inTxOf(options)})
}

// RunRandom plays random histories of all verbs, in transactions of their own, in callers'
// and in batches, with repeated calls, clocks that run backwards, sweeps and archiving. After
// every step all that is stored is compared with the model, and in the end the history is
// proved. One that fails is shrunk to the shortest that fails.
//
// The flag -rapid.checks says how many histories, 100 by default: a history is some
// hundreds of statements.
func RunRandom(t *testing.T, db *bun.DB, options ...Option) {
	t.Helper()
	inTx := inTxOf(options)
	rapid.Check(t, func(rt *rapid.T) { ledgersuite.Random(rt, db, inTx) })
}

// Option changes how a suite plays.
type Option func(s *settings)

// settings are what options say.
type settings struct{ inTx ledgersuite.InTx }

// WithTx has callers' transactions run by a function of the team's, where they are not bun's,
// but bridged by sqltx or pgxtx. The function begins one as the team does, commits it, and
// rolls it back if what it runs returns an error or panics.
func WithTx(inTx func(ctx context.Context, db *bun.DB, fn func(ctx context.Context, tx bun.Tx) error) error) Option {
	return func(s *settings) { s.inTx = inTx }
}

func inTxOf(options []Option) ledgersuite.InTx {
	var s settings
	for _, option := range options {
		option(&s)
	}
	return s.inTx
}
