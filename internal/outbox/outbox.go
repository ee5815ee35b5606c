// Package outbox makes the rows of package events, for the packages that write them.
package outbox

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/chameleon-go/chameleon/events"
	"github.com/chameleon-go/chameleon/internal/ledgerkey"
)

// version is that of every payload's form until now.
const version = 1

// AtOnce is the due_us of an event that waits for nothing, whatever the clocks say.
const AtOnce = 1

// New returns an account's event with a number, to be inserted in the transaction that
// took the number from the account's row.
func New(user string, seq int64, kind events.Type, atUs int64, payload any) (*events.Record, error) {
	data, err := json.Marshal(payload)
	if err != nil {
		return nil, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return nil, err
	}
	return &events.Record{
		UserUUID: user, Seq: seq, EventID: id.String(), Type: kind, Version: version,
		AtUs: atUs, CreatedAt: time.UnixMicro(atUs).UTC(), Data: string(data), DueUs: AtOnce,
	}, nil
}

// families begin the module's own types.
func families() []string { return []string{"credits.", "order.", "subscription.", "generation."} }

// Allow returns a context with which credits.Emit takes a type of the module's own.
func Allow(ctx context.Context, kind events.Type) context.Context {
	return ledgerkey.Allow(ctx, permit(kind))
}

// Refused returns why a type is not the caller's with this context, empty if it is.
func Refused(ctx context.Context, kind events.Type) string {
	for _, family := range families() {
		if strings.HasPrefix(string(kind), family) && ledgerkey.Refused(ctx, permit(kind)) != "" {
			return "types that begin with \"" + family + "\" are the library's own"
		}
	}
	return ""
}

func permit(kind events.Type) string { return "chameleon:event:" + string(kind) }
