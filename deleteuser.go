package chameleon

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/apikeys"
	"github.com/chameleon-go/chameleon/content"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/events"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/valid"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/users"
)

// DeleteUserParams name a user to delete.
type DeleteUserParams struct {
	// UserUUID is required.
	UserUUID string
	// At is when it happened; zero means now.
	At time.Time
}

// DeleteUserResult says what was erased in each domain.
type DeleteUserResult struct {
	Users       *users.DeleteResult       `json:"users,omitzero"`
	Generations *generations.ForgetResult `json:"generations,omitzero"`
	Orders      *orders.ForgetResult      `json:"orders,omitzero"`
	Affiliates  *affiliates.ForgetResult  `json:"affiliates,omitzero"`
	APIKeys     *apikeys.ForgetResult     `json:"api_keys,omitzero"`
	Content     *content.ForgetResult     `json:"content,omitzero"`
	Events      *events.ForgetResult      `json:"events,omitzero"`
}

// DeleteUser erases a user's personal data from every table, in one
// transaction. What was paid, granted, spent and earned stays, under a uuid
// that no longer leads to anybody.
//
//	users             email and invite code are replaced, nickname and avatar erased
//	user_identities   removed
//	apikeys           removed
//	generations       prompt, result_urls and error_message erased; open ones
//	                  are failed first, with their credits back
//	feedbacks         text erased and detached; the rating stays
//	affiliates        customer_email erased, including in rows of another program
//	                  that belong to an order of the user or to an address that
//	                  the user has ever verified; commissions stay
//	payments          failure_reason erased; references and amounts stay
//	subscriptions     references and times only: untouched
//	orders            failure_reason erased; the rest stays, as tax law requires
//	credits_trans     metadata redacted; numbers and keys stay, audit.Verify
//	                  finds no breach
//	welcome_claims    keyed hashes, if users.SignIn was given a key: untouched
//	credits, credits_lots, credits_holds, credits_budgets
//	                  numbers and keys only: untouched
//	chameleon_events  delivered events removed; the handlers' error texts of pending
//	                  events erased; their amounts, numbers and times are still
//	                  delivered
//	posts, ai_provider_keys
//	                  no personal data: untouched
//
// In users, orders, generations, feedbacks, credits_trans and affiliates of an
// adopted database, further columns are erased if their names indicate personal
// data. In affiliates, whose rows concern two people, these are only the columns of
// the first line, which are the customer's:
//
//	paid_email billing_email customer_email customer_name billing_address order_detail paid_detail
//	email user_email name full_name first_name last_name user_name
//	phone phone_number address image avatar bio
//	ip ip_address user_ip client_ip signin_ip user_agent signin_openid
//
// They become NULL, or an empty text or JSON object if they are NOT NULL. Personal
// data in columns with other names and in tables of other programs is for the caller
// to erase, in the same transaction by giving DeleteUser a bun.Tx.
//
// Idempotency keys (a ledger's Key, a generation's RequestKey, an OrderNo) stay,
// because they keep a repeated call from counting twice. Do not derive them from
// personal data.
//
// Not covered are subscriptions at the payment provider, which continue until
// they are cancelled there, and generated files, logs and backups. See
// [users.Delete] about charging a deleted user and about signing in again.
//
// Calling it again erases what was stored since, such as by a process that was
// still working for the user.
//
// Errors, after which nothing is written: *InvalidError for a field of p;
// *users.NotFoundError when there never was such a user; *credits.AmbiguousError
// when an open generation of the original application may have been charged by
// several of its entries: fail that one first, by generations.Fail with its
// ChargeKey; *dialect.Error when the engine fails.
func DeleteUser(ctx context.Context, db bun.IDB, p DeleteUserParams) (*DeleteUserResult, error) {
	if err := valid.UUID("UserUUID", p.UserUUID); err != nil {
		return nil, err
	}
	var r *DeleteUserResult
	err := dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) (err error) {
		r = &DeleteUserResult{}
		if err := checkUser(ctx, tx, p.UserUUID); err != nil {
			return err
		}
		// Generations first: as everywhere, they are locked before the ledger.
		if r.Generations, err = generations.Forget(ctx, tx, generations.ForgetParams(p)); err != nil {
			return err
		}
		if r.Users, err = users.Delete(ctx, tx, users.DeleteParams{UserUUID: p.UserUUID, At: p.At}); err != nil {
			return err
		}
		if r.Orders, err = orders.Forget(ctx, tx, orders.ForgetParams{UserUUID: p.UserUUID}); err != nil {
			return err
		}
		r.Affiliates, err = affiliates.Forget(ctx, tx, affiliates.ForgetParams{
			UserUUID: p.UserUUID, Emails: r.Users.Emails, OrderNos: r.Orders.OrderNos,
		})
		if err != nil {
			return err
		}
		if r.APIKeys, err = apikeys.Forget(ctx, tx, apikeys.ForgetParams{UserUUID: p.UserUUID}); err != nil {
			return err
		}
		if r.Content, err = content.Forget(ctx, tx, content.ForgetParams{UserUUID: p.UserUUID}); err != nil {
			return err
		}
		r.Events, err = events.Forget(ctx, tx, events.ForgetParams{UserUUID: p.UserUUID})
		return err
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

// checkUser returns a *users.NotFoundError when there never was such a user.
func checkUser(ctx context.Context, tx bun.Tx, userUUID string) error {
	n, err := rows.Count(ctx, tx.NewSelect().Model((*users.User)(nil)).Column("id").Where("uuid = ?", userUUID))
	if n == 0 && err == nil {
		err = &users.NotFoundError{What: "user", Field: "UserUUID", Value: userUUID, Err: users.ErrNotFound}
	}
	return err
}
