package storm

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
)

// lock is another process's transaction that writes, and then thinks.
func (f *file) lock(ctx context.Context, random *rand.Rand) error {
	db, err := chameleon.Open(ctx, f.clientURL(0))
	if err != nil {
		return nil // the disk is full: another fault
	}
	defer func() { _ = db.Close() }() // nothing was written
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return nil // busy: the lock is taken by somebody else
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	pause(ctx, some(random, 10*time.Millisecond, 3*time.Second))
	return nil
}

// sqliteVersion asks the library that is linked in.
func sqliteVersion(ctx context.Context, db *bun.DB) (version string, err error) {
	err = db.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&version)
	return version, err
}
