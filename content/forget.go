package content

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/erase"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// ForgetParams name a user whose personal data is to be erased.
type ForgetParams struct {
	UserUUID string
}

// ForgetResult says what was erased.
type ForgetResult struct {
	// Feedbacks is how many feedbacks the user had given.
	Feedbacks int64 `json:"feedbacks"`
}

// Forget detaches a user's feedback from them and erases its text, which may
// say who they are. The rating and its time stay, anonymously.
//
// Posts have no author, and are not touched. It may be called again.
//
// Errors: *dialect.InvalidError for the UserUUID and *dialect.Error.
func Forget(ctx context.Context, db bun.IDB, p ForgetParams) (*ForgetResult, error) {
	if err := valid.UUID("UserUUID", p.UserUUID); err != nil {
		return nil, err
	}
	result := &ForgetResult{}
	err := dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		if _, err := erase.Columns(ctx, tx, (*Feedback)(nil), "user_uuid = ?", p.UserUUID); err != nil {
			return err
		}
		var err error
		result.Feedbacks, err = rows.Blank(ctx, tx, (*Feedback)(nil), []string{"user_uuid", "content"}, "user_uuid = ?", p.UserUUID)
		return err
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}
