// Package events delivers what happened in a product's books to the product: credits
// were granted, a balance fell below its mark, a debt began, an order was paid.
//
// An event is a row of the table chameleon_events (an outbox), written in the same
// transaction as the change that it tells of: there is none without the other.
// [Deliver] hands what is there to a handler, [Run] goes on doing so; any number of
// processes may. No table of the ledger is polled.
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
// Nothing, unless it is asked for. Handles that were opened with chameleon.WithEvents
// (elsewhere dialect.Capabilities.Events) write all of the types below. An account that
// has a mark (credits.SetLowBalance) writes its low-balance events whoever charges it.
// A product's own events go the same way, by credits.Emit.
//
// # What is delivered
//
// Each event at least once, and the events of one account one after the other, in the
// order of their Seq, which is that of the commits. A handler that fails is called again
// with the same event, after a pause that grows; meanwhile the account's later events
// wait, and other accounts go on. An event that has failed MaxAttempts times is parked:
// the account goes on without it, [ListParked] shows it, [Retry] or [Discard] ends that.
//
// An event may be delivered twice: a process died after its handler, or was so slow that
// its lease ended. So a handler makes its work repeatable by Event.ID, or leaves out
// what has a Seq that it has seen of the account.
//
// # The form of an event
//
//	{
//	  "id": "0193a1c2-…", "type": "credits.low_balance", "version": 1,
//	  "account": "0192…", "seq": 7, "at": "2026-01-31T12:00:00Z",
//	  "data": {"mark": 100, "available": 95, "balance": 95}
//	}
//
// data is the payload of the type, one of this package's structs. Within a version
// fields are added at most; a change of what one means is a new version. No event holds
// a key, a secret, an idempotency key, or a person's name, address or text.
package events
