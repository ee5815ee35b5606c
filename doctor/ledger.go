package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/shown"
)

// counted is up to where rows are counted, and looked at from either end of a table.
const counted = 10_000

// overdue counts accounts of which grants or holds fell due long ago.
func (e *exam) overdue(ctx context.Context) error {
	if !e.has("credits") {
		return skipped("no ledger that this user may read")
	}
	var n int
	err := e.read(ctx, func(ctx context.Context, q bun.IDB) error {
		due := e.report.At.Add(-e.p.StuckAfter).UnixMicro()
		return q.NewRaw("SELECT COUNT(*) FROM (SELECT 1 FROM credits WHERE next_event_us > 0 AND next_event_us <= ? LIMIT ?) AS x",
			due, counted).Scan(ctx, &n)
	})
	if err == nil && n > 0 {
		e.findf("overdue", Warning, "run chameleon maintain, or credits.ExpireDue every few minutes (chameleon expire does it once)",
			"%s accounts have grants that expired or holds that timed out more than %s ago: balances are exact when read, left_credits is not",
			atLeast(n), e.p.StuckAfter)
	}
	return err
}

// stuck counts generations of which nothing was heard for long.
func (e *exam) stuck(ctx context.Context) error {
	if !e.has("generations") {
		return skipped("no generations that this user may read")
	}
	var n int
	err := e.read(ctx, func(ctx context.Context, q bun.IDB) error {
		ctx, q, done, err := dialect.Reading(ctx, q)
		if err != nil {
			return err
		}
		defer done()
		cutoff := e.report.At.Add(-e.p.StuckAfter)
		return q.NewRaw("SELECT COUNT(*) FROM (SELECT updated_at, started_at, created_at FROM generations "+
			"WHERE status IN ('pending', 'processing') AND created_at <= ? LIMIT ?) AS x "+
			"WHERE COALESCE(updated_at, started_at, created_at) <= ?", cutoff, counted, cutoff).Scan(ctx, &n)
	})
	if err == nil && n > 0 {
		e.findf("stuck_generations", Warning, "run chameleon maintain, or generations.FailStuck every few minutes",
			"%s generations have been silent for more than %s: their users wait for a result, or for their credits back", atLeast(n), e.p.StuckAfter)
	}
	return err
}

// unadopted looks for rows of history that the ledger did not write, at both ends of
// the table.
func (e *exam) unadopted(ctx context.Context) error {
	if !e.has("credits_trans") {
		return skipped("no ledger that this user may read")
	}
	var rows, accounts int
	err := e.read(ctx, func(ctx context.Context, q bun.IDB) error {
		for _, order := range []string{"ASC", "DESC"} {
			var found, moved int
			err := q.NewRaw("SELECT COUNT(*) FROM (SELECT seq FROM credits_trans ORDER BY id "+order+" LIMIT ?) AS x WHERE seq IS NULL",
				counted).Scan(ctx, &found)
			if err != nil {
				return err
			}
			err = q.NewRaw("SELECT COUNT(*) FROM (SELECT seq, left_credits, balance, held_credits, debt_credits FROM credits ORDER BY id "+order+
				" LIMIT ?) AS x WHERE seq = 0 AND left_credits <> balance - held_credits + debt_credits", counted).Scan(ctx, &moved)
			if err != nil {
				return err
			}
			rows, accounts = max(rows, found), max(accounts, moved)
		}
		return nil
	})
	if err == nil && rows+accounts > 0 {
		e.findf("unadopted", Warning, "run chameleon adopt --dry-run, then chameleon adopt; verbs take over an account when they meet it",
			"at least %d rows of history and %d accounts were written by another program, and are not the ledger's yet", rows, accounts)
	}
	return err
}

// sampled is how long the history of an account in the sample may be, in entries.
const sampled = 2000

// ledger verifies a sample: the newest accounts, and others from a random place on.
func (e *exam) ledger(ctx context.Context) error {
	if !e.has("credits") || !e.has("credits_trans") {
		return skipped("no ledger that this user may read")
	}
	if e.p.Sample < 0 {
		return skipped("no sample was asked for")
	}
	users, err := e.sample(ctx)
	if err != nil {
		return err
	}
	for i, user := range users {
		report, err := audit.Verify(ctx, e.db, audit.VerifyParams{UserUUID: user, Limit: 1})
		if errors.Is(err, dialect.ErrTimeout) && i > 0 {
			return nil // a smaller sample
		}
		if err != nil {
			return err
		}
		for _, breach := range report.Breaches {
			e.findf("ledger_breach", Error, fmt.Sprintf("run chameleon verify, then chameleon rebuild --dry-run %s; find out who wrote to these tables", user),
				"the account %s does not follow from its history: %s: %s", shown.Text(user), breach.Kind, shown.Line(breach.Detail))
		}
	}
	return nil
}

func (e *exam) sample(ctx context.Context) ([]string, error) {
	var users []string
	err := e.read(ctx, func(ctx context.Context, q bun.IDB) error {
		err := q.NewRaw("SELECT user_uuid FROM (SELECT user_uuid, seq FROM credits ORDER BY id DESC LIMIT ?) AS x WHERE seq <= ?",
			(e.p.Sample+1)/2, sampled).Scan(ctx, &users)
		if err != nil {
			return err
		}
		var more []string
		err = q.NewRaw("SELECT user_uuid FROM (SELECT user_uuid, seq FROM credits WHERE user_uuid >= ? ORDER BY user_uuid LIMIT ?) AS x WHERE seq <= ?",
			uuid.NewString(), e.p.Sample/2, sampled).Scan(ctx, &more)
		users = append(users, more...)
		slices.Sort(users)
		users = slices.Compact(users)
		return err
	})
	return users, err
}

// atLeast is a count that ends at a limit.
func atLeast(n int) string {
	if n >= counted {
		return fmt.Sprintf("at least %d", n)
	}
	return fmt.Sprint(n)
}
