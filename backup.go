package chameleon

import (
	"context"
	"io"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/transfer"
)

// Backup writes all of this module's tables to w, as an archive that any engine can
// restore. It is [transfer.Backup] with all [Models], whatever p.Models is.
//
// Errors: those of transfer.Backup.
func Backup(ctx context.Context, db *bun.DB, w io.Writer, p transfer.BackupParams) (*transfer.BackupResult, error) {
	p.Models = Models()
	return transfer.Backup(ctx, db, w, p)
}

// Restore writes an archive of [Backup] into a database of any engine, all of it or
// nothing. It is [transfer.Restore] with all [Models], whatever p.Models is.
//
// Errors: those of transfer.Restore.
func Restore(ctx context.Context, db *bun.DB, r io.Reader, p transfer.RestoreParams) (*transfer.RestoreResult, error) {
	p.Models = Models()
	return transfer.Restore(ctx, db, r, p)
}
