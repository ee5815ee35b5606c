package users

import (
	"context"
	"database/sql"
	"errors"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
)

// Locks are taken in this order: an identity that is new, users, sorted by uuid
// where there are several, identities that they have, the account in the
// ledger. Who writes a new identity makes others wait that want the same one,
// and those must not hold the user whom it is for.

// lockUser locks and returns a user who is not deleted, nil for none.
func lockUser(ctx context.Context, tx bun.Tx, userUUID string) (*User, error) {
	return undeleted(lockUserRow(ctx, tx, userUUID))
}

// lockKnownUser is lockUser for a user whom another row names, or a row of theirs
// that a locking read has found: it sees behind the transaction's snapshot.
func lockKnownUser(ctx context.Context, tx bun.Tx, userUUID string) (*User, error) {
	return undeleted(lockKnownRow(ctx, tx, userUUID))
}

// undeleted leaves deleted users out.
func undeleted(u *User, err error) (*User, error) {
	if u != nil && !u.DeletedAt.IsZero() {
		return nil, err
	}
	return u, err
}

// lockUserRow locks and returns a user, deleted or not, nil for none.
func lockUserRow(ctx context.Context, tx bun.Tx, userUUID string) (*User, error) {
	return lockRow(ctx, tx, userUUID, rows.Lock)
}

// lockKnownRow is lockUserRow as lockKnownUser is lockUser.
func lockKnownRow(ctx context.Context, tx bun.Tx, userUUID string) (*User, error) {
	return lockRow(ctx, tx, userUUID, rows.LockKnown)
}

func lockRow(
	ctx context.Context, tx bun.Tx, userUUID string,
	lock func(context.Context, bun.Tx, any, func(*bun.SelectQuery) *bun.SelectQuery) error,
) (*User, error) {
	u := new(User)
	err := lock(ctx, tx, u, func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where("uuid = ?", userUUID) })
	switch {
	case errors.Is(err, sql.ErrNoRows), err == nil && u.UUID != userUUID:
		return nil, nil
	case err != nil:
		return nil, dialect.Classify(err)
	}
	return u, nil
}

// updateUser writes columns of a user who is locked.
func updateUser(ctx context.Context, tx bun.Tx, u *User, columns ...string) error {
	own := rows.Own{ID: u.ID, Key: []rows.Column{{Name: "uuid", Value: u.UUID}}}
	_, err := rows.Update(ctx, tx, u, own, u.withSearch(columns)...)
	return err
}

// findIdentity returns an identity, nil for none. With again it looks behind
// the transaction's snapshot, too: see emailHolder.
func findIdentity(ctx context.Context, tx bun.Tx, p Provider, subject string, again bool) (*Identity, error) {
	id := new(Identity)
	q := func() *bun.SelectQuery {
		return tx.NewSelect().Model(id).Where("provider = ?", p).Where("subject = ?", subject)
	}
	err := rows.Now(ctx, tx, q()).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) && again && dialect.Of(tx).LocksRows() {
		err = rows.ForUpdate(q(), tx).Scan(ctx)
	}
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return id, dialect.Classify(err)
}

// lockIdentity locks an identity whose user is locked and returns it as it is
// now, nil when it is another user's or gone. It goes by the primary key: the
// losers of a race for the unique one hold shared locks there on MySQL, and
// would deadlock.
func lockIdentity(ctx context.Context, tx bun.Tx, id *Identity) (*Identity, error) {
	now := new(Identity)
	err := rows.ForUpdate(tx.NewSelect().Model(now).
		Where("id = ?", id.ID).Where("user_uuid = ?", id.UserUUID), tx).Scan(ctx)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, dialect.Classify(err)
	case now.Provider != id.Provider || now.Subject != id.Subject:
		return nil, nil
	}
	return now, nil
}

// removeIdentity deletes an identity.
func removeIdentity(ctx context.Context, tx bun.Tx, id *Identity) error {
	return rows.Delete(ctx, tx, (*Identity)(nil), id.own())
}

// own names the row.
func (id *Identity) own() rows.Own {
	return rows.Own{ID: id.ID, Key: []rows.Column{
		{Name: "user_uuid", Value: id.UserUUID}, {Name: "provider", Value: id.Provider}, {Name: "subject", Value: id.Subject},
	}}
}
