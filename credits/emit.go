package credits

import (
	"context"
	"encoding/json"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/events"
	"github.com/chameleon-go/chameleon/internal/outbox"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// EmitParams describe an event of the product's own.
type EmitParams struct {
	// UserUUID is the account that the event is about; it is created if it does
	// not exist.
	UserUUID string
	// Type says what happened, in at most 100 characters. It must not begin with
	// a prefix of this module's own types: credits., order., subscription. or
	// generation.
	Type events.Type
	// Data is the payload, at most 60,000 bytes as JSON; nil for none. It should hold
	// no personal data, since an undelivered event can outlive its user; see
	// events.Forget.
	Data any
	// At is when it happened, zero for now.
	At time.Time
}

// maxEventType and maxEventData limit an event.
const (
	maxEventType = 100
	maxEventData = 60_000
)

// Emit writes an event to the outbox of package events, in order with the account's
// other events: after those committed before it and ahead of those that follow. In a
// caller's bun.Tx it is stored if and only if the transaction commits.
//
// It locks the account's row until the transaction ends. It writes the event whether
// or not the handle was opened with chameleon.WithEvents.
//
// Errors: *InvalidError; *dialect.Error.
func Emit(ctx context.Context, db bun.IDB, p EmitParams) (*events.Event, error) {
	data, err := p.check(ctx)
	if err != nil {
		return nil, err
	}
	var out *events.Event
	s := &spec{user: p.UserUUID, key: NewUserKey, grants: true}
	err = withBook(ctx, db, []*spec{s}, func(ctx context.Context, b *book) error {
		if err := b.peek(ctx); err != nil {
			return err
		}
		if err := b.lock(ctx); err != nil {
			return err
		}
		a := b.accounts[p.UserUUID]
		if err := a.emit(p.Type, nowOr(p.At), data); err != nil {
			return err
		}
		if err := b.writeEvents(ctx, []*account{a}); err != nil {
			return err
		}
		e := a.events[0]
		out = &events.Event{
			ID: e.EventID, Type: e.Type, Version: e.Version, Account: e.UserUUID, Seq: e.Seq,
			At: time.UnixMicro(e.AtUs).UTC(), Data: data,
		}
		return b.writeEventSeq(ctx, a)
	})
	if err != nil {
		return nil, dialect.Classify(err)
	}
	return out, nil
}

func (p EmitParams) check(ctx context.Context) (json.RawMessage, error) {
	err := valid.First(
		checkAccount("UserUUID", p.UserUUID), valid.Identifier("Type", string(p.Type), maxEventType), checkTime("At", p.At),
	)
	if err != nil {
		return nil, err
	}
	if why := outbox.Refused(ctx, p.Type); why != "" {
		return nil, valid.Failf("Type", "%s", why)
	}
	data, err := json.Marshal(p.Data)
	switch {
	case err != nil:
		return nil, valid.Failf("Data", "does not marshal to JSON")
	case len(data) > maxEventData:
		return nil, valid.Failf("Data", "%d bytes, more than %d", len(data), maxEventData)
	}
	return data, nil
}
