package chameleon

import (
	"context"
	"errors"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/doctor"
)

// Doctor opens the database that databaseURL names, as [Open] does, and examines it:
// it is [doctor.Run] with all [Models], unless p has others. If the database cannot
// be opened, the report says so, with the cause.
//
// Errors: those of doctor.Run.
func Doctor(ctx context.Context, databaseURL string, p doctor.Params, opts ...Option) (report *doctor.Report, err error) {
	if p.Models == nil {
		p.Models = Models()
	}
	db, err := Open(ctx, databaseURL, opts...)
	if ctx.Err() != nil {
		return nil, errors.Join(dialect.Classify(ctx.Err()), err)
	}
	if err != nil {
		return doctor.Unreachable(err), nil
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return doctor.Run(ctx, db, p)
}
