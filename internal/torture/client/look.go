package client

import (
	"context"
	"time"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/internal/torture/history"
)

// ahead is where balances are read: beyond every clock of the run, so that the
// moment is not in any account's past.
const ahead = time.Minute

// look makes the calls that read, and the sweep.
func (w *worker) look(ctx context.Context, op history.Op, at time.Time) history.Answer {
	answer := history.Answer{Class: history.OK}
	switch op.Verb {
	case history.Balance:
		moment := time.Now().Add(ahead)
		b, err := credits.Balance(ctx, w.db, credits.BalanceParams{UserUUID: op.User, At: moment})
		if err != nil {
			return failed(err)
		}
		answer.Available, answer.Held, answer.Debt = b.Available, b.Held, b.Debt
		answer.Told = []history.Told{{User: op.User, Entries: []history.Entry{{AtUs: b.At.UnixMicro()}}}}
	case history.Statement:
		if _, err := credits.Statement(ctx, w.db, credits.StatementParams{UserUUID: op.User, Limit: 20}); err != nil {
			return failed(err)
		}
	case history.Verify:
		report, err := audit.Verify(ctx, w.db, audit.VerifyParams{UserUUID: op.User})
		if err != nil {
			return failed(err)
		}
		for _, breach := range report.Breaches {
			answer.Breaches = append(answer.Breaches, breach.UserUUID+" "+string(breach.Kind)+": "+breach.Detail)
		}
	case history.Lookup:
		found, err := credits.GetOperation(ctx, w.db, credits.GetOperationParams{UserUUID: op.User, Key: op.Target})
		if err != nil {
			return failed(err)
		}
		answer.Told = told(found)
	default:
		if _, err := credits.ExpireDue(ctx, w.db, credits.ExpireDueParams{At: at, Limit: 100}); err != nil {
			return failed(err)
		}
	}
	return answer
}
