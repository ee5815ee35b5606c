package users

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// BreakLoopsParams configure [BreakLoops].
type BreakLoopsParams struct {
	// DryRun lists them and writes nothing.
	DryRun bool
}

// BrokenLoop is an invitation that closed a loop, or a self-invitation.
type BrokenLoop struct {
	UserUUID string `json:"user_uuid"`
	// InvitedBy was the user's referrer, which has been removed.
	InvitedBy string `json:"invited_by"`
	// Users is the length of the loop.
	Users int `json:"users"`
}

// invitation is what is looked at of a user.
type invitation struct {
	bun.BaseModel `bun:"table:users,alias:u"`

	ID        int64
	UUID      string
	InvitedBy string
	CreatedAt time.Time `bun:",nullzero"`
}

// BreakLoops removes the referrer of the latest user in each loop of invitations that
// another program made; this package makes none. It holds the invitations of all
// users in memory.
//
// Errors: *dialect.Error, after which earlier loops are broken; call it again to
// continue.
func BreakLoops(ctx context.Context, db *bun.DB, p BreakLoopsParams) ([]BrokenLoop, error) {
	invited := map[string]*invitation{}
	for after := int64(0); ; {
		var found []invitation
		err := db.NewSelect().Model(&found).Column("id", "uuid", "invited_by", "created_at").
			Where("invited_by IS NOT NULL").Where("invited_by <> ''").Where("id > ?", after).
			OrderExpr("id").Limit(loopBatch).Scan(ctx)
		if err != nil {
			return nil, dialect.Classify(err)
		}
		for i := range found {
			invited[found[i].UUID] = &found[i]
		}
		if len(found) < loopBatch {
			break
		}
		after = found[len(found)-1].ID
	}
	var broken []BrokenLoop
	for _, loop := range loopsOf(invited) {
		last := slices.MaxFunc(loop, func(a, b *invitation) int {
			return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
		})
		if !p.DryRun {
			_, err := db.NewUpdate().Model((*User)(nil)).Set("invited_by = NULL").
				Where("id = ?", last.ID).Where("uuid = ?", last.UUID).Where("invited_by = ?", last.InvitedBy).Exec(ctx)
			if err != nil {
				return broken, dialect.Classify(err)
			}
		}
		broken = append(broken, BrokenLoop{UserUUID: last.UUID, InvitedBy: last.InvitedBy, Users: len(loop)})
	}
	return broken, nil
}

// loopBatch is how many invitations are read at a time.
const loopBatch = 10_000

// loopsOf returns the loops among invitations, in the order of their first users.
func loopsOf(invited map[string]*invitation) (loops [][]*invitation) {
	const seen, done = 1, 2
	state := map[string]int{}
	order := make([]*invitation, 0, len(invited))
	for _, u := range invited {
		order = append(order, u)
	}
	slices.SortFunc(order, func(a, b *invitation) int { return cmp.Compare(a.ID, b.ID) })
	for _, start := range order {
		var path []*invitation
		u := start
		for ; u != nil && state[u.UUID] == 0; u = invited[u.InvitedBy] {
			state[u.UUID] = seen
			path = append(path, u)
		}
		if u != nil && state[u.UUID] == seen {
			loops = append(loops, path[slices.Index(path, u):])
		}
		for _, u := range path {
			state[u.UUID] = done
		}
	}
	return loops
}
