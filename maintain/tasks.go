package maintain

import (
	"context"
	"errors"

	"github.com/chameleon-go/chameleon/content"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/events"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/users"
)

// expire sweeps until nothing is due. What was set aside is no failure.
func (m *maintenance) expire(ctx context.Context, o *Outcome) error {
	for {
		batch, err := credits.ExpireDue(ctx, m.db, credits.ExpireDueParams{At: m.p.at(), MaxAhead: m.p.MaxAhead})
		if batch == nil {
			return err
		}
		o.Done += int64(batch.Accounts)
		o.Credits += batch.Expired
		o.SetAside = o.SetAside[:0] // each sweep tries them again
		for _, aside := range batch.SetAside {
			o.SetAside = append(o.SetAside, aside.Error())
		}
		if _, aside := errors.AsType[*credits.SweepError](err); err != nil && !aside {
			return err
		}
		if !batch.More {
			return nil
		}
	}
}

// payOut makes the grants that are due.
func (m *maintenance) payOut(ctx context.Context, o *Outcome) error {
	for {
		batch, err := orders.PayOut(ctx, m.db, orders.PayOutParams{At: m.p.at(), MaxAhead: m.p.MaxAhead})
		if batch == nil {
			return err
		}
		o.Done += int64(len(batch.Operations))
		for _, op := range batch.Operations {
			o.Credits += op.Amount
		}
		if err != nil || !batch.More {
			return err
		}
	}
}

// failStuck goes through all that are stuck.
func (m *maintenance) failStuck(ctx context.Context, o *Outcome) error {
	p := generations.FailStuckParams{
		OlderThan: m.p.StuckAfter, At: m.p.at(), MaxAhead: m.p.MaxAhead, Limit: generations.MaxStuckLimit,
	}
	for {
		batch, err := generations.FailStuck(ctx, m.db, p)
		if batch == nil {
			return err
		}
		o.Done += int64(len(batch.Failed))
		o.Credits += batch.Credits
		for _, refused := range batch.Refused {
			o.SetAside = append(o.SetAside, refused.Error())
		}
		if p.Cursor = batch.Next; err != nil || p.Cursor == "" {
			return err
		}
	}
}

// notice tells of what expires soon.
func (m *maintenance) notice(ctx context.Context, o *Outcome) error {
	done, err := credits.NoticeExpiring(ctx, m.db, credits.NoticeExpiringParams{
		Within: m.p.NoticeWithin, At: m.p.at(), MaxAhead: m.p.MaxAhead,
	})
	if done != nil {
		o.Done += done.Events
	}
	return err
}

// purge removes events that were delivered.
func (m *maintenance) purge(ctx context.Context, o *Outcome) error {
	done, err := events.Purge(ctx, m.db, events.PurgeParams{Keep: m.p.KeepEvents})
	if done != nil {
		o.Done += done.Removed
	}
	return err
}

// totals counts what statistics read.
func (m *maintenance) totals(ctx context.Context, o *Outcome) error {
	at := m.p.at()
	people, err := users.KeepTotals(ctx, m.db, users.KeepTotalsParams{At: at})
	if people != nil {
		o.Done += people.Counted
	}
	if err != nil {
		return err
	}
	paid, err := orders.KeepTotals(ctx, m.db, orders.KeepTotalsParams{At: at})
	if paid != nil {
		o.Done += paid.Counted
	}
	if err != nil {
		return err
	}
	made, err := generations.KeepTotals(ctx, m.db, generations.KeepTotalsParams{At: at})
	if made != nil {
		o.Done += made.Counted
	}
	if err != nil {
		return err
	}
	said, err := content.KeepTotals(ctx, m.db, content.KeepTotalsParams{At: at})
	if said != nil {
		o.Done += said.Counted
	}
	if err != nil {
		return err
	}
	moved, err := credits.KeepTotals(ctx, m.db, credits.KeepTotalsParams{At: at})
	if moved != nil {
		o.Done += moved.Counted
	}
	return err
}

// heads hands the heads over, and counts them.
func (m *maintenance) heads(ctx context.Context, o *Outcome) error {
	return m.p.ExportHeads(ctx, o.At, func(yield func(audit.ChainHead, error) bool) {
		for head, err := range AllHeads(ctx, m.db) {
			if !yield(head, err) {
				return
			}
			if err == nil {
				o.Done++
			}
		}
	})
}
