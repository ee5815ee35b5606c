package audit

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// BreachKind says which rule a [Breach] breaks.
type BreachKind string

// The kinds of breach. The first group concerns history, which [Rebuild] cannot
// repair; the second concerns state that does not follow from history.
const (
	// BreachChain: an entry, or the account's head_hash, does not fit the hash
	// chain. The entry was changed, or others were put in its order.
	BreachChain BreachKind = "chain"
	// BreachSequence: entries are missing or duplicated, or the account's seq
	// is not that of its latest entry.
	BreachSequence BreachKind = "sequence"
	// BreachHead: history does not contain an exported head.
	BreachHead BreachKind = "head"
	// BreachKey: two operations of an account have one idempotency key.
	BreachKey BreachKind = "key"
	// BreachOperation: an entry could not have been written by its operation,
	// or acts on something that does not exist.
	BreachOperation BreachKind = "operation"
	// BreachTime: time runs backwards, or created_at differs from at_us by a
	// second or more.
	BreachTime BreachKind = "time"
	// BreachExpiry: expired_at or expires_us is not that of the entry's grant.
	BreachExpiry BreachKind = "expiry"
	// BreachRemainder: a grant's remainder or the debt is negative, or a
	// remainder exceeds what was granted.
	BreachRemainder BreachKind = "remainder"
	// BreachBalance: the running balance on an entry is wrong.
	BreachBalance BreachKind = "balance"

	// BreachAccount: a sum on the account's row is not what history says.
	BreachAccount BreachKind = "account"
	// BreachOpenLot: the lot open on the account's row is not the one to be
	// spent next.
	BreachOpenLot BreachKind = "open_lot"
	// BreachNextEvent: the account's row goes stale earlier than its next event
	// says.
	BreachNextEvent BreachKind = "next_event"
	// BreachLot: a row of credits_lots is not what history says.
	BreachLot BreachKind = "lot"
	// BreachHold: a row of credits_holds is not what history says.
	BreachHold BreachKind = "hold"
	// BreachBudget: a row of credits_budgets has counted something else than history,
	// or is gone. [Rebuild] does not make one anew: its caps are nowhere else.
	BreachBudget BreachKind = "budget"
	// BreachOrphan: there is history, or a lot, hold or budget, but no account row.
	BreachOrphan BreachKind = "orphan"
)

// Breach is one inconsistency: something that is not as the ledger left it.
type Breach struct {
	UserUUID string     `json:"user_uuid,omitempty"`
	Kind     BreachKind `json:"kind"`
	// Detail says what is wrong, with the numbers.
	Detail string `json:"detail"`
	// Seqs are the entries concerned: the entry itself, the first and last of a
	// gap, the grant of a lot, the first entry of a hold. A breach of the
	// account's row has none.
	Seqs []int64 `json:"seqs,omitempty"`
}

// DefaultBreachLimit and MaxBreachLimit bound the number of breaches in a
// report.
const (
	DefaultBreachLimit = 1000
	MaxBreachLimit     = 100_000
)

// VerifyParams say what to verify.
type VerifyParams struct {
	// UserUUID is the account, empty for all.
	UserUUID string
	// Against are heads that were exported earlier ([ExportHeads]). History must
	// still contain each of them. This finds what no inspection of the database
	// alone can: a history that was truncated or rewritten with hashes that fit.
	Against []ChainHead
	// Limit is the maximum number of breaches in the report; 0 means
	// DefaultBreachLimit, and MaxBreachLimit is the maximum.
	Limit int
	// OnBreach is called with every breach, including those beyond Limit.
	OnBreach func(Breach)
	// Progress is called after every hundred accounts and, within an account,
	// every few thousand entries.
	Progress func(VerifyProgress)
}

// VerifyProgress is how far a verification has come.
type VerifyProgress struct {
	// Accounts were checked, out of TotalAccounts at the start.
	Accounts      int64 `json:"accounts"`
	TotalAccounts int64 `json:"total_accounts"`
	// Entries were checked.
	Entries int64 `json:"entries"`
}

// VerifyReport is what a verification found.
type VerifyReport struct {
	// Accounts, Entries, Lots and Holds were checked.
	Accounts int64 `json:"accounts"`
	Entries  int64 `json:"entries"`
	Lots     int64 `json:"lots"`
	Holds    int64 `json:"holds"`
	// Credits is the sum of all entries. It equals Remainder minus Debt: what is
	// left of all grants, expired or not, minus what is owed. Remainder and Debt
	// are summed from the stored state.
	Credits   int64 `json:"credits"`
	Remainder int64 `json:"remainder"`
	Debt      int64 `json:"debt"`
	// Legacy is what the ledger did not write.
	Legacy LegacyReport `json:"legacy"`
	// BreachCount is the number of breaches, and Breaches are the first of them.
	BreachCount int64    `json:"breach_count"`
	Breaches    []Breach `json:"breaches,omitempty"`
}

// OK reports whether no breach was found.
func (r *VerifyReport) OK() bool { return r.BreachCount == 0 }

// LegacyReport counts rows of credits_trans without a seq. Other programs wrote
// them, and they are outside the ledger until a verb takes them over.
//
// On accounts that have or had such rows, and on those that have no entry yet,
// left_credits and total_credits may differ from the ledger's sums. The difference
// is reported here and is not a breach. On all other accounts the two columns are
// exact.
type LegacyReport struct {
	// Accounts is the number of such accounts, Entries that of their legacy rows, and
	// Credits the sum of those rows.
	Accounts int64 `json:"accounts"`
	Entries  int64 `json:"entries"`
	Credits  int64 `json:"credits"`
	// LeftCredits and TotalCredits are how far these accounts' columns exceed
	// the ledger's own sums.
	LeftCredits  int64 `json:"left_credits"`
	TotalCredits int64 `json:"total_credits"`
}

// Verify proves that the ledger's state follows from its history and that the
// history is what was written. For each account it replays all entries, with
// code of its own, and checks
//
//   - the chain: an entry that was changed, removed, inserted or reordered, and
//     the account's seq and head_hash;
//   - each entry: the running balance and available credits, the shape of its
//     operation, one operation per key, times that never run backwards, and
//     that expired_at and created_at agree with their integer counterparts;
//   - the remainder of each grant, which is never negative and never exceeds
//     what was granted;
//   - each row of credits_lots and credits_holds, column by column, and the
//     account's row: balance, held, debt, expired, left_credits (what is free
//     of unexpired grants at as_of_us), total_credits, the open lot, the next
//     event. It follows that entries sum to what is left of grants less debt;
//   - what each row of credits_budgets has counted, in its day, its month and in all;
//   - that nothing belongs to an account without a row.
//
// It may run while the ledger is in use and reports no false breaches. With a
// *bun.DB or bun.Conn it reads a hundred accounts at a time from one snapshot,
// in a read-only transaction that locks nothing; a replica will do. With a
// bun.Tx it reads through that transaction, and before it reports a breach it
// locks the account and checks again.
//
// Memory is bounded by the grants, holds and budgets of one account, about 200
// bytes each, not by its entries.
//
// A breach is not an error: see [VerifyReport].OK. An account that does not
// exist has none.
//
// Errors: *InvalidError; *dialect.Error.
func Verify(ctx context.Context, db bun.IDB, p VerifyParams) (*VerifyReport, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	ctx, db, done, err := dialect.Reading(ctx, db)
	if err != nil {
		return nil, err
	}
	defer done()
	v := newVerifier(db, p)
	if err := v.run(ctx); err != nil {
		return nil, dialect.Classify(err)
	}
	return &v.report, nil
}

func (p *VerifyParams) check() error {
	if p.UserUUID != "" {
		if err := valid.Text("UserUUID", p.UserUUID, 255); err != nil {
			return err
		}
	}
	if p.Limit < 0 || p.Limit > MaxBreachLimit {
		return valid.Failf("Limit", "%d is not between 0 and %d", p.Limit, MaxBreachLimit)
	}
	for i, h := range p.Against {
		switch {
		case h.UserUUID == "" || h.Seq < 1 || h.Hash == "":
			return valid.Failf("Against", "head %d is not complete", i)
		case p.UserUUID != "" && h.UserUUID != p.UserUUID:
			return valid.Failf("Against", "head %d belongs to another account", i)
		}
	}
	if p.Limit == 0 {
		p.Limit = DefaultBreachLimit
	}
	return nil
}
