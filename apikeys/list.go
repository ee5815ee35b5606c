package apikeys

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/page"
	"github.com/chameleon-go/chameleon/internal/valid"
	"github.com/chameleon-go/chameleon/list"
)

// ListParams name a user and a page of their keys.
type ListParams struct {
	// UserUUID is the owner of the keys, required.
	UserUUID string
	// Status, when set, is active or revoked, and filters the list.
	Status Status
	// Cursor is the Next of the page before, empty for the first page.
	Cursor string
	// Limit is the size of the page, 1 to list.MaxLimit; 0 means
	// list.DefaultLimit.
	Limit int
}

// List returns a page of a user's keys, newest first, none for an unknown user.
// It never contains a key or a hash.
//
// Errors: *InvalidError for a field of p, a malformed Cursor or one of another list
// included, *list.RowError for a row that another program wrote and that cannot be
// listed, and *dialect.Error when the engine fails.
func List(ctx context.Context, db bun.IDB, p ListParams) (*list.Page[Info], error) {
	if err := valid.UUID("UserUUID", p.UserUUID); err != nil {
		return nil, err
	}
	if p.Status != "" && !p.Status.Valid() {
		return nil, valid.Failf("Status", "not %s or %s", StatusActive, StatusRevoked)
	}
	rows := page.List[Key]{
		Scope:  "apikeys/" + string(p.Status) + "/" + p.UserUUID,
		Column: "created_at",
		Where: func(q *bun.SelectQuery) *bun.SelectQuery {
			q = q.Where("?TableAlias.user_uuid = ?", p.UserUUID)
			switch p.Status {
			case StatusActive:
				q = q.Where("?TableAlias.status IN (?)", bun.List(usable()))
			case StatusRevoked:
				q = q.Where("?TableAlias.status = ?", StatusRevoked)
			case StatusCreated:
			}
			return q
		},
		Place: func(k *Key) (time.Time, int64) { return k.CreatedAt, k.ID },
	}
	keys, err := rows.Read(ctx, db, p.Cursor, p.Limit)
	if err != nil {
		return nil, err
	}
	infos := make([]Info, len(keys.Items))
	for i := range keys.Items {
		infos[i] = keys.Items[i].info()
	}
	return page.Of(infos, keys.Next), nil
}

// usable are the statuses with which a key is accepted.
func usable() []Status { return []Status{StatusActive, StatusCreated} }
