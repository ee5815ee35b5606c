package credits

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/ledgerkey"
)

// PingCredits is the daily check-in reward, in credits.
const PingCredits = 1

// PingParams describe a daily check-in.
type PingParams struct {
	UserUUID string
	// Amount is in credits; 0 means [PingCredits].
	Amount int64
	// At is the time of the check-in, zero for now. Its UTC day counts.
	At time.Time
	// MaxAhead is how far At may be ahead of the database's clock; see [DefaultMaxAhead].
	MaxAhead time.Duration
}

// Ping grants the daily check-in reward: 1 credit of type ping that expires one
// year after At, once per user and UTC day. Further check-ins on the same day
// return the first result, marked as a replay.
//
// Errors: those of [Grant].
func Ping(ctx context.Context, db bun.IDB, p PingParams) (*Operation, error) {
	return run(ctx, db, p)
}

func (p PingParams) grant() GrantParams {
	if p.Amount == 0 {
		p.Amount = PingCredits
	}
	if p.At.IsZero() {
		p.At = time.Now()
	}
	at := p.At.UTC()
	return GrantParams{
		UserUUID: p.UserUUID, Amount: p.Amount, Type: TypePing, Key: ledgerkey.Of("ping", at.Format(time.DateOnly)),
		ExpiresAt: at.AddDate(1, 0, 0), At: at, MaxAhead: p.MaxAhead,
	}
}

func (p PingParams) spec() (*spec, error) { return p.grant().once() }
