package client

import (
	"context"
	"errors"

	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/internal/torture/history"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/users"
)

// failed says what an error means, by the documentation alone: an engine's
// failure is a *dialect.Error, whose outcome is known unless it says so, and
// everything else that is documented is a refusal.
func failed(err error) history.Answer {
	answer := history.Answer{Class: history.Broken, Error: err.Error()}
	if len(answer.Error) > 400 {
		answer.Error = answer.Error[:400]
	}
	var engine *dialect.Error
	var poor *credits.InsufficientError
	switch {
	case errors.Is(err, dialect.ErrOutcomeUnknown):
		answer.Class = history.Unknown
	case errors.As(err, &engine):
		// No verb leaves it to an index or a column to refuse what it was asked.
		if !errors.Is(err, dialect.ErrUnique) && !errors.Is(err, dialect.ErrConstraint) {
			answer.Class = history.Clean
		}
	case errors.As(err, &poor):
		answer.Class, answer.Poor = history.Refused, true
		answer.Need, answer.Have = poor.Need, poor.Have
	case isRefusal(err):
		answer.Class = history.Refused
	case errors.Is(err, context.DeadlineExceeded):
		answer.Error = "a bare " + answer.Error
	}
	return answer
}

// isRefusal reports whether an error is one of those that the domains document.
func isRefusal(err error) bool {
	for _, sentinel := range []error{
		credits.ErrInvalid, credits.ErrInsufficient, credits.ErrKeyReused, credits.ErrNotFound, credits.ErrExceeds,
		credits.ErrSpent, credits.ErrHoldEnded, credits.ErrLimit, credits.ErrClock, credits.ErrNotAhead,
		users.ErrNotFound, users.ErrEmailTaken, users.ErrEmailConflict,
		orders.ErrNotFound, orders.ErrState, orders.ErrDuplicate, orders.ErrPaymentTaken, orders.ErrNotStarted,
		orders.ErrCurrency,
		generations.ErrNotFound, generations.ErrState, generations.ErrHeld, generations.ErrNotHeld,
		affiliates.ErrNotFound, affiliates.ErrState, affiliates.ErrNothingLeft,
		errRolledBack, errNoCommission,
	} {
		if errors.Is(err, sentinel) {
			return true
		}
	}
	return false
}

// told is an operation of the ledger as the log keeps it; none for nil.
func told(ops ...*credits.Operation) []history.Told {
	var all []history.Told
	for _, op := range ops {
		if op == nil {
			continue
		}
		t := history.Told{
			User: op.UserUUID, Key: op.Key, Kind: string(op.Kind), Amount: op.Amount, Replayed: op.Replayed,
		}
		for _, e := range op.Entries {
			t.Entries = append(t.Entries, history.Entry{
				Seq: e.Seq, Lot: e.Lot, Credits: e.Credits, Held: e.Held, Balance: e.Balance, Available: e.Available,
				AtUs: e.AtUs, ExpiresUs: e.ExpiresUs, Type: e.TransType,
			})
		}
		all = append(all, t)
	}
	return all
}

// mended are the parts by name.
func mended(parts []credits.Part) []string {
	var names []string
	for _, part := range parts {
		names = append(names, string(part))
	}
	return names
}

// answerOf is the answer of a verb that gives an operation.
func answerOf(op *credits.Operation, err error) history.Answer {
	if err != nil {
		return failed(err)
	}
	return history.Answer{Class: history.OK, Replayed: op.Replayed, Told: told(op)}
}
