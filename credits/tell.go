package credits

import (
	"context"

	"github.com/chameleon-go/chameleon/credits/internal/store"
	"github.com/chameleon-go/chameleon/events"
	"github.com/chameleon-go/chameleon/internal/outbox"
)

// What happens on an account goes to the outbox (package events) where its handle
// writes events, or where the account has a mark. A charge in one round trip writes none,
// and needs none: of an account with a mark no more is open than can be spent without
// reaching below it (openPart), so that whatever crosses the mark comes this way, under
// the account's lock.

// sight is what was last seen of an account, and events tell of.
type sight struct{ available, debt int64 }

func (a *account) sight() sight { return sight{a.available(), a.DebtCredits} }

// observe writes down what the operation, nil for none, or time has changed since the
// account was last seen.
func (a *account) observe(op *Operation) error {
	if a.virtual || a.quiet {
		return nil
	}
	was, is := a.seen, a.sight()
	a.seen = is
	if a.book.caps.Events {
		if err := a.observeGrant(op); err != nil {
			return err
		}
		debt := events.Debt{Debt: is.debt, Available: is.available, Balance: a.Balance}
		switch {
		case was.debt == 0 && is.debt > 0:
			if err := a.emit(events.TypeDebtBegun, a.AsOfUs, debt); err != nil {
				return err
			}
		case was.debt > 0 && is.debt == 0:
			if err := a.emit(events.TypeDebtSettled, a.AsOfUs, debt); err != nil {
				return err
			}
		}
	}
	if a.LowMark == 0 || was.available < a.LowMark || is.available >= a.LowMark {
		return nil
	}
	return a.emit(events.TypeLowBalance, a.AsOfUs,
		events.LowBalance{Mark: a.LowMark, Available: is.available, Balance: a.Balance})
}

func (a *account) observeGrant(op *Operation) error {
	if op == nil || op.Kind != KindGrant && op.Kind != KindPaidGrant {
		return nil
	}
	first := &op.Entries[0]
	return a.emit(events.TypeCreditsGranted, a.AsOfUs, events.CreditsGranted{
		Amount: op.Amount, DebtPaid: op.DebtPaid, TransType: op.Type, OrderNo: first.OrderNo,
		ExpiresAt: expiryTime(first.ExpiresUs), Available: op.Available, Balance: op.Balance,
	})
}

// emit numbers an event and keeps it for flush.
func (a *account) emit(kind events.Type, at int64, payload any) error {
	e, err := outbox.New(a.UserUUID, a.EventSeq+1, kind, at, payload)
	if err != nil {
		return err
	}
	a.EventSeq++
	a.events = append(a.events, e)
	return nil
}

// writeEvents inserts the accounts' events. Their numbers are written with the accounts.
func (b *book) writeEvents(ctx context.Context, accounts []*account) error {
	var rows []*events.Record
	for _, a := range accounts {
		rows = append(rows, a.events...)
	}
	return store.InChunks(rows, func(rows []*events.Record) error {
		_, err := store.Insert(b.db, &rows).Exec(ctx)
		return err
	})
}

// writeEventSeq writes the number of an account's latest event, and nothing else of it.
func (b *book) writeEventSeq(ctx context.Context, a *account) error {
	table := "credits"
	if b.caps.IsMySQL() { // see lockRowsMySQL
		table += " FORCE INDEX (PRIMARY)"
	}
	_, err := b.db.NewUpdate().TableExpr(table).Set("event_seq = ?", a.EventSeq).
		Where("id = ? AND user_uuid = ?", a.ID, a.UserUUID).Exec(ctx)
	return err
}
