package events

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// DefaultKeep is how long delivered events are kept.
const DefaultKeep = 7 * 24 * time.Hour

// purgeRows is how many one statement deletes.
const purgeRows = 500

// PurgeParams say what to remove.
type PurgeParams struct {
	// Keep is how long an event stays after it was delivered or discarded; 0 means
	// [DefaultKeep].
	Keep time.Duration
}

// PurgeResult counts what was removed.
type PurgeResult struct {
	Removed int64 `json:"removed"`
}

// Purge removes events that were delivered or discarded long enough ago. Waiting and
// parked events stay. maintain.Run calls it.
//
// Errors: *InvalidError for a field of p; *dialect.Error when the engine fails,
// together with the result so far.
func Purge(ctx context.Context, db bun.IDB, p PurgeParams) (*PurgeResult, error) {
	if p.Keep < 0 {
		return nil, valid.Failf("Keep", "%v is negative", p.Keep)
	}
	if p.Keep == 0 {
		p.Keep = DefaultKeep
	}
	before := time.Now().Add(-p.Keep).UnixMicro()
	out := &PurgeResult{}
	for {
		n, found, err := purge(ctx, db, before)
		out.Removed += n
		if err != nil || found < purgeRows {
			return out, dialect.Classify(err)
		}
	}
}

// purge removes a batch, by ids that a plain read found.
func purge(ctx context.Context, db bun.IDB, before int64) (removed int64, found int, err error) {
	err = dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		removed, found = 0, 0
		var ids []int64
		err := tx.NewRaw("SELECT id FROM chameleon_events WHERE done_us <= ? ORDER BY done_us, id LIMIT ?", before, purgeRows).Scan(ctx, &ids)
		if found = len(ids); err != nil || found == 0 {
			return err
		}
		removed, err = rows.Affected(tx.NewDelete().Model((*Record)(nil)).Where("id IN (?)", bun.List(ids)).
			Where("done_us <= ?", before).Exec(ctx))
		return err
	})
	return removed, found, err
}
