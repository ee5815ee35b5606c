package events

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// ForgetParams names a user whose personal data is to be erased.
type ForgetParams struct {
	UserUUID string
}

// ForgetResult says what was erased.
type ForgetResult struct {
	// Removed events had been delivered. Blanked events are waiting or parked; their
	// handler's error was erased.
	Removed int64 `json:"removed"`
	Blanked int64 `json:"blanked"`
}

// Forget removes a user's delivered events and erases the handler's error from the
// others, since its text may contain anything. The others are still delivered: they
// hold amounts, times and numbers under a uuid that no longer leads to anybody.
//
// It may be called again.
//
// Errors: *InvalidError for the UserUUID and *dialect.Error.
func Forget(ctx context.Context, db bun.IDB, p ForgetParams) (*ForgetResult, error) {
	if err := valid.UUID("UserUUID", p.UserUUID); err != nil {
		return nil, err
	}
	var result *ForgetResult
	err := dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) (err error) {
		result = &ForgetResult{}
		result.Removed, err = rows.DeleteEach(ctx, tx, (*Record)(nil), "user_uuid = ? AND done_us IS NOT NULL", p.UserUUID)
		if err != nil {
			return err
		}
		result.Blanked, err = rows.Blank(ctx, tx, (*Record)(nil), []string{"last_error"},
			"user_uuid = ? AND last_error IS NOT NULL", p.UserUUID)
		return err
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}
