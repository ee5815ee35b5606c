package credits

import (
	"context"
	"time"

	"github.com/uptrace/bun"
)

// KeepTotalsBy is KeepTotals of segments of another size.
func KeepTotalsBy(ctx context.Context, db *bun.DB, at time.Time, size int) (*KeepTotalsResult, error) {
	k := totalsKeeper{db: db, at: at, size: size}
	err := k.keep(ctx)
	return &k.result, err
}
