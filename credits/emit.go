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

// EmitParams are an event of a product's own.
type EmitParams struct {
	// UserUUID is the account that it is about; its row is made if there is none.
	UserUUID string
	// Type says what happened, at most 100 characters. It does not begin as this
	// module's do: credits., order., subscription. or generation.
	Type events.Type
	// Data is the payload, of at most 60,000 bytes as JSON; nil for none. It should name
	// nobody: an event that waits for delivery outlives its user; see events.Forget.
	Data any
	// At is when it happened, zero for now.
	At time.Time
}

// maxEventType and maxEventData bound an event.
const (
	maxEventType = 100
	maxEventData = 60_000
)

// Emit writes an event to the outbox of package events, where it takes its place among
// those of the account: after what was committed before, and before what comes after.
// In a caller's bun.Tx it is there if and only if the rest of the transaction is.
//
// It locks the account's row until the transaction ends, and writes whether or not the
// handle was opened with chameleon.WithEvents.
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
