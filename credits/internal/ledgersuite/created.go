package ledgersuite

import (
	"context"
	"sync"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
)

// checkCreated checks the time of an entry that is for other programs to read: it is the
// ledger's own, as far as the column holds it. MySQL rounds to a second, MariaDB cuts off.
func checkCreated(ctx context.Context, t tester, db bun.IDB, e credits.Entry) {
	t.Helper()
	at := time.UnixMicro(e.AtUs).UTC()
	if holdsSeconds(ctx, t, db) {
		require.Zero(t, e.CreatedAt.Nanosecond())
		require.WithinDuration(t, at, e.CreatedAt, time.Second-time.Microsecond, "created_at of entry %d", e.Seq)
		return
	}
	require.Equal(t, at, e.CreatedAt.UTC(), "created_at of entry %d", e.Seq)
}

// whole says of each handle whether its created_at holds whole seconds.
var whole sync.Map

// holdsSeconds reports whether created_at is a timestamp without fractions, as the original
// application's is on MySQL.
func holdsSeconds(ctx context.Context, t tester, db bun.IDB) bool {
	t.Helper()
	handle, ok := db.(*bun.DB)
	if !ok || !dialect.Of(db).IsMySQL() {
		return false
	}
	if known, ok := whole.Load(handle); ok {
		return known == true
	}
	var precision int
	require.NoError(t, db.NewRaw("SELECT datetime_precision FROM information_schema.columns "+
		"WHERE table_schema = DATABASE() AND table_name = 'credits_trans' AND column_name = 'created_at'").Scan(ctx, &precision))
	whole.Store(handle, precision == 0)
	return precision == 0
}
