package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/apikeys"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/users"
)

// move copies what ShipAny One has. Called again after it stopped, it goes on: every step is
// a replay where it was done before.
type move struct {
	from, to *bun.DB
	out      io.Writer
}

// shipUser is a row of ShipAny's users.
type shipUser struct {
	UUID      string
	Email     string
	Nickname  string
	AvatarURL string
	InvitedBy string
	CreatedAt time.Time
}

func (m *move) run(ctx context.Context) error {
	var all []shipUser
	err := m.from.NewRaw("SELECT uuid, email, COALESCE(nickname, '') AS nickname, COALESCE(avatar_url, '') AS avatar_url, "+
		"COALESCE(invited_by, '') AS invited_by, created_at FROM users ORDER BY id").Scan(ctx, &all)
	if err != nil {
		return fmt.Errorf("read ShipAny's users: %w", err)
	}
	for _, step := range []func(context.Context, shipUser) error{m.user, m.referrer, m.credits, m.keys, m.subscriptions} {
		for _, u := range all {
			if err := step(ctx, u); err != nil {
				// Two sign-in providers of one address are two users there; somebody has to decide.
				_, _ = fmt.Fprintf(m.out, "set aside: user %s: %v\n", u.UUID, err)
			}
		}
	}
	_, _ = fmt.Fprintf(m.out, "users: %d\n", len(all))
	return nil
}

// user keeps the uuid. Who signs in later with the verified address joins this user.
func (m *move) user(ctx context.Context, u shipUser) error {
	_, err := users.Create(ctx, m.to, users.CreateParams{
		UserUUID: u.UUID, Email: u.Email, Nickname: u.Nickname, AvatarURL: u.AvatarURL, NoWelcomeCredits: true, At: u.CreatedAt,
	})
	return err
}

func (m *move) referrer(ctx context.Context, u shipUser) error {
	if u.InvitedBy == "" || u.InvitedBy == u.UUID {
		return nil
	}
	inviter, err := users.Get(ctx, m.to, users.GetParams{UserUUID: u.InvitedBy})
	if err != nil {
		return fmt.Errorf("invited by %s: %w", u.InvitedBy, err)
	}
	_, err = users.SetReferrer(ctx, m.to, users.SetReferrerParams{UserUUID: u.UUID, InviteCode: inviter.InviteCode})
	return err
}

// batch is what rows of ShipAny's credits with one expiry come to.
type batch struct {
	ExpiredAt time.Time
	Granted   int64
	Spent     int64
}

// credits grants what ShipAny shows as the balance: the sum of the rows that have not
// expired. A charge is one row there, with the expiry of the last batch that it reached, so
// what was spent in all is taken from the batches that expire first.
func (m *move) credits(ctx context.Context, u shipUser) error {
	var batches []batch
	err := m.from.NewRaw("SELECT expired_at, SUM(CASE WHEN credits > 0 THEN credits ELSE 0 END) AS granted, "+
		"SUM(CASE WHEN credits < 0 THEN -credits ELSE 0 END) AS spent FROM credits "+
		"WHERE user_uuid = ? AND expired_at > ? GROUP BY expired_at ORDER BY expired_at", u.UUID, time.Now().UTC()).Scan(ctx, &batches)
	if err != nil {
		return err
	}
	var spent int64
	for _, b := range batches {
		spent += b.Spent
	}
	for _, b := range batches {
		left := max(b.Granted-spent, 0)
		spent = max(spent-b.Granted, 0)
		if left == 0 {
			continue
		}
		_, err := credits.Grant(ctx, m.to, credits.GrantParams{
			UserUUID: u.UUID, Amount: left, Type: "shipany", ExpiresAt: b.ExpiredAt,
			Key: "shipany:" + b.ExpiredAt.UTC().Format(time.RFC3339Nano),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// keys copies API keys as they are: they are hashed when they are first used.
func (m *move) keys(ctx context.Context, u shipUser) error {
	var found []struct{ APIKey, Title string }
	err := m.from.NewRaw("SELECT api_key, COALESCE(title, '') AS title FROM apikeys WHERE user_uuid = ? AND status = 'created'", u.UUID).
		Scan(ctx, &found)
	if err != nil {
		return err
	}
	for _, k := range found {
		_, err := apikeys.Authenticate(ctx, m.to, apikeys.AuthenticateParams{Key: apikeys.NewSecret(k.APIKey)})
		if !errors.Is(err, apikeys.ErrUnauthenticated) { // copied before, or the database fails
			if err != nil {
				return err
			}
			continue
		}
		row := &apikeys.Key{
			Name: k.Title, Key: apikeys.Stored(k.APIKey), UserUUID: u.UUID, Status: apikeys.StatusActive, CreatedAt: time.Now().UTC(),
		}
		if _, err := m.to.NewInsert().Model(row).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// subscriptions copies the first orders of subscriptions, as orders that are paid and whose
// credits are there already. A renewal finds them by the number that ShipAny gave to Stripe.
func (m *move) subscriptions(ctx context.Context, u shipUser) error {
	var found []struct {
		OrderNo, ProductID, Currency, Interval, SubID string
		Amount, Credits                               int64
		CreatedAt                                     time.Time
	}
	err := m.from.NewRaw("SELECT order_no, COALESCE(product_id, '') AS product_id, currency, ?, sub_id, amount, credits, created_at "+
		"FROM orders WHERE user_uuid = ? AND status = 'paid' AND sub_id <> ''", bun.Ident("interval"), u.UUID).Scan(ctx, &found)
	if err != nil {
		return err
	}
	for _, o := range found {
		_, err := orders.Get(ctx, m.to, orders.GetParams{OrderNo: o.OrderNo})
		if !errors.Is(err, orders.ErrNotFound) {
			if err != nil {
				return err
			}
			continue
		}
		row := &orders.Order{
			OrderNo: o.OrderNo, UserUUID: u.UUID, ProductID: o.ProductID, Amount: o.Amount, Currency: o.Currency,
			Status: orders.StatusPaid, PayType: orders.PayTypeStripe, SubID: o.SubID, Interval: orders.Interval(o.Interval),
			Credits: o.Credits, CreatedAt: o.CreatedAt, PaidAt: o.CreatedAt,
		}
		if _, err := m.to.NewInsert().Model(row).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}
