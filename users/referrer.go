package users

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// maxReferrers is how far a chain of referrers is followed.
const maxReferrers = 1000

// SetReferrerParams name a user and who invited them.
type SetReferrerParams struct {
	// UserUUID is the user who was invited, required.
	UserUUID string
	// InviteCode is the referrer's code, required.
	InviteCode string
	// At is when it happened; zero means now.
	At time.Time
}

// SetReferrerResult is a user and their referrer.
type SetReferrerResult struct {
	User     *User `json:"user,omitzero"`
	Referrer *User `json:"-"`
	// Replayed is true when the user already had this referrer; nothing was
	// written.
	Replayed bool `json:"replayed"`
}

// SetReferrer gives a user a referrer after sign-up, once and permanently.
//
// Referrals never form a loop, not even when its last links are set concurrently.
//
// Errors, after which nothing is written:
//   - *InvalidError for a field of p;
//   - *NotFoundError for the UserUUID or the InviteCode;
//   - ErrSelfReferral when the code is the user's own;
//   - ErrReferrerSet when the user has another referrer;
//   - ErrReferralLoop when the user invited the referrer, directly or
//     indirectly;
//   - ErrReferralDepth when the chain of referrers is longer than 1,000;
//   - *dialect.Error when the engine fails.
func SetReferrer(ctx context.Context, db bun.IDB, p SetReferrerParams) (*SetReferrerResult, error) {
	at, atErr := valid.Time("At", p.At)
	err := valid.First(
		valid.UUID("UserUUID", p.UserUUID),
		valid.Identifier("InviteCode", p.InviteCode, maxName),
		atErr,
	)
	if err != nil {
		return nil, err
	}
	// A transaction of our own starts again rather than lock out of order: each
	// time somebody else got further.
	restarts := maxRestarts
	if !dialect.IsHandle(db) {
		restarts = 0
	}
	for ; ; restarts-- {
		result, err := p.set(ctx, db, at, restarts > 0)
		if !errors.Is(err, errTopMoved) {
			return result, err
		}
	}
}

// maxRestarts is how often SetReferrer starts again before it locks out of
// order, and leaves it to the engine to find a deadlock.
const maxRestarts = 30

var errTopMoved = errors.New("users: the chain of referrers changed during the call")

// set is one try. With mayRestart it may end in errTopMoved.
func (p SetReferrerParams) set(
	ctx context.Context, db bun.IDB, at time.Time, mayRestart bool,
) (*SetReferrerResult, error) {
	var result *SetReferrerResult
	err := dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		referrer, err := Get(ctx, tx, GetParams{InviteCode: p.InviteCode})
		if err != nil {
			return err
		}
		if referrer.UUID == p.UserUUID {
			return ErrSelfReferral
		}
		u, err := lockAgainstLoops(ctx, tx, p.UserUUID, referrer, mayRestart)
		if err != nil {
			return err
		}
		result = &SetReferrerResult{User: u, Referrer: referrer, Replayed: u.InvitedBy == referrer.UUID}
		if result.Replayed {
			return nil
		}
		u.InvitedBy, u.UpdatedAt = referrer.UUID, at
		return updateUser(ctx, tx, u, "invited_by", "updated_at")
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// lockAgainstLoops locks a user and whoever is at the top of the referrer's
// chain, and returns the user when the two may be linked, or are.
//
// Links are set once, so that a chain changes at its top only: a loop comes
// into being when the user becomes the referrer of their own chain's top. With
// the top locked and seen to have no referrer, nobody can make it anyone else's
// until the transaction ends. That holds whatever snapshot the chain itself was
// read from. The two rows are locked in sorted order; only when the top has
// moved meanwhile does another lock follow, or errTopMoved with mayRestart.
func lockAgainstLoops(
	ctx context.Context, tx bun.Tx, userUUID string, referrer *User, mayRestart bool,
) (*User, error) {
	c := chain{tx: tx, user: userUUID, seen: map[string]bool{}, locked: map[string]*User{}}
	top, err := c.climb(ctx, referrer)
	if err != nil {
		return nil, err
	}
	first := []string{userUUID, top}
	slices.Sort(first)
	for _, id := range slices.Compact(first) {
		if _, err := c.lock(ctx, id); err != nil {
			return nil, err
		}
	}
	u := c.locked[userUUID]
	switch {
	case u == nil || !u.DeletedAt.IsZero():
		return nil, notFound("UserUUID", userUUID)
	case u.InvitedBy == referrer.UUID:
		return u, nil
	case u.InvitedBy != "":
		return nil, ErrReferrerSet
	}
	for top != userUUID {
		row, err := c.lock(ctx, top)
		if err != nil {
			return nil, err
		}
		if row == nil || row.InvitedBy == "" || c.seen[row.InvitedBy] {
			// The top. Or another program has made a loop, without the user, who
			// has no referrer.
			return u, nil
		}
		if mayRestart {
			return nil, errTopMoved
		}
		if top, err = c.climb(ctx, row); err != nil {
			return nil, err
		}
	}
	return nil, ErrReferralLoop
}

// chain is a walk from a referrer to theirs, and on.
type chain struct {
	tx     bun.Tx
	user   string // who is to be linked
	seen   map[string]bool
	locked map[string]*User
}

// climb follows u's referrers as a plain read shows them and returns the uuid
// of the one without any: the last that was not seen before.
func (c *chain) climb(ctx context.Context, u *User) (string, error) {
	c.seen[u.UUID] = true
	top := u.UUID
	for next := u.InvitedBy; next != "" && !c.seen[next]; {
		if len(c.seen) > maxReferrers {
			return "", ErrReferralDepth
		}
		c.seen[next] = true
		top = next
		var above []string
		err := c.tx.NewSelect().Model((*User)(nil)).Column("invited_by").
			Where("uuid = ?", next).Where("invited_by IS NOT NULL").Scan(ctx, &above)
		if err != nil {
			return "", dialect.Classify(err)
		}
		next = ""
		if len(above) > 0 {
			next = above[0]
		}
	}
	return top, nil
}

// lock locks a user once and returns the row, nil when there is none.
func (c *chain) lock(ctx context.Context, userUUID string) (*User, error) {
	if u, ok := c.locked[userUUID]; ok {
		return u, nil
	}
	look := lockKnownRow
	if userUUID == c.user { // perhaps nobody's
		look = lockUserRow
	}
	u, err := look(ctx, c.tx, userUUID)
	if err == nil {
		c.locked[userUUID] = u
	}
	return u, err
}
