package generations

import (
	"context"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/archived"
	"github.com/chameleon-go/chameleon/internal/page"
	"github.com/chameleon-go/chameleon/internal/valid"
	"github.com/chameleon-go/chameleon/list"
)

// ListParams name a user and a page of their generations.
type ListParams struct {
	// UserUUID is whose generations, required.
	UserUUID string
	// Status and AIType, when set, filter the list.
	Status Status
	AIType AIType
	// Cursor is the Next of the page before, empty for the first page.
	Cursor string
	// Limit is the size of the page, 1 to list.MaxLimit; 0 means
	// list.DefaultLimit.
	Limit int
}

// List returns a page of a user's generations, newest first, none for an
// unknown user.
//
// Errors: *InvalidError for a field of p, a malformed Cursor or one of another list
// included, *list.RowError for a row that another program wrote and that cannot be
// listed, and *dialect.Error when the engine fails.
func List(ctx context.Context, db bun.IDB, p ListParams) (*list.Page[Generation], error) {
	err := valid.UUID("UserUUID", p.UserUUID)
	if p.Status != "" {
		err = valid.First(err, checkStatus("Status", p.Status))
	}
	if p.AIType != "" {
		err = valid.First(err, checkType(p.AIType))
	}
	if err != nil {
		return nil, err
	}
	rows := page.List[Generation]{
		Scope:  fmt.Sprintf("generations/%s/%s/%s", p.UserUUID, p.Status, p.AIType),
		Column: "created_at", Archive: archived.Generations,
		By: []page.Term{
			{Column: "user_uuid", Value: p.UserUUID}, {Column: "status", Value: string(p.Status)}, {Column: "ai_type", Value: string(p.AIType)},
		},
		Place: func(g *Generation) (time.Time, int64) { return g.CreatedAt, g.ID },
	}
	return rows.Read(ctx, db, p.Cursor, p.Limit)
}

func checkStatus(field string, s Status) error {
	if !s.Valid() {
		return valid.Failf(field, "not pending, processing, completed or failed")
	}
	return nil
}
