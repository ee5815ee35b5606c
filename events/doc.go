// Package events delivers what happened in the ledger and its domains to the
// product: credits were granted, a balance fell below its mark, a debt began, an
// order was paid.
//
// An event is a row of the table chameleon_events, an outbox, written in the same
// transaction as the change that it reports: neither exists without the other.
// [Deliver] passes pending events to a handler, and [Run] does so continuously, in
// any number of processes. No table of the ledger is polled.
//
//	db, err := chameleon.Open(ctx, url, chameleon.WithEvents())
//	…
//	go events.Run(ctx, db, events.RunParams{Handler: func(ctx context.Context, e events.Event) error {
//		if e.Type == events.TypeLowBalance {
//			return topUp(ctx, e.Account, e.ID)
//		}
//		return nil
//	}})
//
// # What is written
//
// Nothing by default. Handles opened with chameleon.WithEvents (or described with
// dialect.Capabilities.Events) write all of the types below. An account with a mark
// (credits.SetLowBalance) writes its low-balance events whichever handle charges it.
// A product adds events of its own by credits.Emit.
//
// # What is delivered
//
// Each event at least once, and the events of an account one at a time in the order
// of their Seq, which is commit order. If the handler fails, it is called again with
// the same event after a growing pause; meanwhile the account's later events wait,
// and other accounts continue. An event that has failed MaxAttempts times is parked:
// the account continues without it, [ListParked] shows it, and [Retry] or [Discard]
// resolves it.
//
// An event may be delivered twice, if a process died after its handler returned or
// was so slow that its lease ended. So handlers should be idempotent by Event.ID, or
// skip a Seq of the account that they have already seen.
//
// # The form of an event
//
//	{
//	  "id": "0193a1c2-…", "type": "credits.low_balance", "version": 1,
//	  "account": "0192…", "seq": 7, "at": "2026-01-31T12:00:00Z",
//	  "data": {"mark": 100, "available": 95, "balance": 95}
//	}
//
// data is the payload of the type, one of this package's structs. Within a version,
// fields are only added; a change of meaning gets a new version. No event contains a
// secret, an idempotency key, or a person's name, address or text.
package events
