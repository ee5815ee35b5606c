package client

import (
	"context"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/torture/history"
)

// do makes the call of an operation's verb.
func (w *worker) do(ctx context.Context, op history.Op, try int, at time.Time) history.Answer {
	switch op.Verb {
	case history.SignUp, history.SignIn:
		return w.people(ctx, op, at)
	case history.Order, history.Subscribe, history.Pay, history.OrderRefund, history.Renew, history.Approve, history.Convert,
		history.Dispute, history.Win, history.Lose:
		return w.shop(ctx, op, at)
	case history.Generate, history.Reserve, history.Complete, history.Fail, history.Settle, history.Stuck:
		return w.studio(ctx, op, at)
	case history.Balance, history.Statement, history.Verify, history.Lookup, history.Expire:
		return w.look(ctx, op, at)
	case history.Caller:
		return w.callers(ctx, op, try, at)
	case history.Post:
		return w.post(ctx, op, at)
	case history.Early:
		op.Verb = history.Charge
		return answerOf(ledger(ctx, w.db, op, time.Now().Add(farAhead)))
	case history.Squat:
		op.Verb = history.Grant
		return answerOf(ledger(ctx, w.db, op, at))
	default:
		return answerOf(ledger(ctx, w.db, op, at))
	}
}

// farAhead is more than the library's bound and the clients' clocks together.
const farAhead = credits.DefaultMaxAhead + time.Hour

// ledger calls a verb of the ledger on a handle or in a transaction.
func ledger(ctx context.Context, db bun.IDB, op history.Op, at time.Time) (*credits.Operation, error) {
	switch p := paramsOf(op, at).(type) {
	case credits.GrantParams:
		return credits.Grant(ctx, db, p)
	case credits.AdjustParams:
		return credits.Adjust(ctx, db, p)
	case credits.RefundParams:
		return credits.Refund(ctx, db, p)
	case credits.HoldParams:
		return credits.Hold(ctx, db, p)
	case credits.CaptureParams:
		return credits.Capture(ctx, db, p)
	case credits.ReleaseParams:
		return credits.Release(ctx, db, p)
	case credits.ExtendParams:
		return credits.Extend(ctx, db, p)
	case credits.ClawBackParams:
		return credits.ClawBack(ctx, db, p)
	case credits.VoidParams:
		return credits.Void(ctx, db, p)
	case credits.PingParams:
		return credits.Ping(ctx, db, p)
	case credits.ChargeParams:
		return credits.Charge(ctx, db, p)
	default:
		panic("no verb of the ledger: " + string(op.Verb))
	}
}

// paramsOf are the params of a verb of the ledger.
func paramsOf(op history.Op, at time.Time) any {
	timeout := time.Duration(op.TimeoutMs) * time.Millisecond
	var expires time.Time
	if op.ExpiresUs != 0 {
		expires = time.UnixMicro(op.ExpiresUs).UTC()
	}
	switch op.Verb {
	case history.Grant:
		return credits.GrantParams{
			UserUUID: op.User, Key: op.Key, Amount: op.Amount, Type: "torture_gift", ExpiresAt: expires, At: at,
		}
	case history.Charge:
		return credits.ChargeParams{
			UserUUID: op.User, Key: op.Key, Amount: op.Amount, Metadata: map[string]any{"op": op.ID}, At: at,
		}
	case history.Adjust:
		return credits.AdjustParams{UserUUID: op.User, Key: op.Key, Amount: op.Amount, At: at}
	case history.Refund:
		return credits.RefundParams{UserUUID: op.User, Key: op.Key, ChargeKey: op.Target, Amount: op.Amount, At: at}
	case history.Hold:
		return credits.HoldParams{UserUUID: op.User, Key: op.Key, Amount: op.Amount, Timeout: timeout, At: at}
	case history.Capture:
		return credits.CaptureParams{
			UserUUID: op.User, Key: op.Key, HoldKey: op.Target, Amount: op.Amount, KeepHold: op.Keep, At: at,
		}
	case history.Release:
		return credits.ReleaseParams{UserUUID: op.User, Key: op.Key, HoldKey: op.Target, At: at}
	case history.Extend:
		return credits.ExtendParams{UserUUID: op.User, Key: op.Key, HoldKey: op.Target, Timeout: timeout, At: at}
	case history.ClawBack:
		policy := credits.PolicyDebt
		if op.Forgive {
			policy = credits.PolicyForgive
		}
		return credits.ClawBackParams{
			UserUUID: op.User, Key: op.Key, GrantKey: op.Target, Total: op.Amount, Policy: policy, At: at,
		}
	case history.Void:
		return credits.VoidParams{UserUUID: op.User, Key: op.Key, GrantKey: op.Target, At: at}
	case history.Ping:
		return credits.PingParams{UserUUID: op.User, At: at}
	default:
		return nil
	}
}

// post sends the parts as one batch.
func (w *worker) post(ctx context.Context, op history.Op, at time.Time) history.Answer {
	var p credits.PostParams
	for _, part := range op.Parts {
		item, ok := paramsOf(part, at).(credits.Op)
		if !ok {
			panic("not an operation of a batch: " + string(part.Verb))
		}
		p.Ops = append(p.Ops, item)
	}
	p.AllOrNothing = op.Amount > 0
	outcomes, err := credits.Post(ctx, w.db, p)
	if err != nil {
		return failed(err)
	}
	answer := history.Answer{Class: history.OK}
	for i, outcome := range outcomes {
		if outcome.Err != nil {
			answer.Refusals = append(answer.Refusals, i)
			continue
		}
		answer.Told = append(answer.Told, told(outcome.Operation)...)
	}
	return answer
}

var (
	errRolledBack = errors.New("the caller rolled back")
	errDone       = errors.New("the caller's transaction was committed before")
)

// callers is a transaction of the caller's own: its row in torture_notes and
// the verbs' work are stored together or not at all. A verb that refuses
// leaves the transaction as it was, and the caller goes on.
func (w *worker) callers(ctx context.Context, op history.Op, try int, at time.Time) history.Answer {
	var answer history.Answer
	var own error // what the caller's own row was refused with
	write := func(ctx context.Context, tx bun.Tx) error {
		own = note(ctx, tx, op)
		return own
	}
	err := dialect.InTx(ctx, w.db, func(ctx context.Context, tx bun.Tx) error {
		answer, own = history.Answer{Class: history.OK}, nil
		if err := unlessNoted(ctx, tx, op, try); err != nil {
			return err
		}
		if len(op.Key) > 0 { // the note first, or last
			if err := write(ctx, tx); err != nil {
				return err
			}
		}
		for i, part := range op.Parts {
			result, err := ledger(ctx, tx, part, at)
			if err != nil {
				if failed(err).Class != history.Refused {
					return err
				}
				answer.Refusals = append(answer.Refusals, i)
				continue
			}
			answer.Told = append(answer.Told, told(result)...)
		}
		if op.Key == "" {
			if err := write(ctx, tx); err != nil {
				return err
			}
		}
		if op.RollBack {
			return errRolledBack
		}
		return nil
	})
	switch {
	case errors.Is(err, errDone):
		return history.Answer{Class: history.OK, Replayed: true}
	case own != nil && errors.Is(err, dialect.ErrUnique): // it is there: an earlier call was stored
		return history.Answer{Class: history.Clean, Error: err.Error()}
	case err != nil:
		return failed(err)
	}
	return answer
}

// unlessNoted returns errDone if an earlier try was stored.
func unlessNoted(ctx context.Context, tx bun.Tx, op history.Op, try int) error {
	if try <= 1 {
		return nil
	}
	n, err := tx.NewSelect().Table("torture_notes").Where("id = ?", op.ID).Count(ctx)
	if err == nil && n > 0 {
		err = errDone
	}
	return err
}

func note(ctx context.Context, tx bun.Tx, op history.Op) error {
	_, err := tx.NewRaw("INSERT INTO torture_notes (id, user_uuid) VALUES (?, ?)", op.ID, op.User).Exec(ctx)
	return err
}
