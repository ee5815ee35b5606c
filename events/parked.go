package events

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/page"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/valid"
	"github.com/chameleon-go/chameleon/list"
)

// ListParams name a page of an account's events.
type ListParams struct {
	// UserUUID is the account, required.
	UserUUID string
	// Cursor is the Next of the page before, empty for the first page.
	Cursor string
	// Limit is the size of the page, 1 to list.MaxLimit; 0 means list.DefaultLimit.
	Limit int
}

// List returns a page of an account's events, newest first, delivered or not, until
// [Purge] has removed them.
//
// Errors: *InvalidError for a field of p, a malformed Cursor or one of another list
// included, *list.RowError for a row that another program wrote and that cannot be
// listed, and *dialect.Error when the engine fails.
func List(ctx context.Context, db bun.IDB, p ListParams) (*list.Page[Record], error) {
	if err := valid.Identifier("UserUUID", p.UserUUID, maxAccount); err != nil {
		return nil, err
	}
	return page.List[Record]{
		Scope: "events/" + p.UserUUID, Column: "created_at",
		Where: func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where("?TableAlias.user_uuid = ?", p.UserUUID) },
		Place: func(r *Record) (time.Time, int64) { return r.CreatedAt, r.ID },
	}.Read(ctx, db, p.Cursor, p.Limit)
}

// maxAccount is the longest account, as the ledger has it.
const maxAccount = 255

// ListParkedParams name a page of parked events.
type ListParkedParams struct {
	// Cursor is the Next of the page before, empty for the first page.
	Cursor string
	// Limit is the size of the page, 1 to list.MaxLimit; 0 means list.DefaultLimit.
	Limit int
}

// ListParked returns a page of the parked events of all accounts, latest first,
// with the handler's last error.
//
// Errors: *InvalidError for a field of p, a malformed Cursor or one of another list
// included, *list.RowError for a row that another program wrote and that cannot be
// listed, and *dialect.Error when the engine fails.
func ListParked(ctx context.Context, db bun.IDB, p ListParkedParams) (*list.Page[Record], error) {
	return page.List[Record]{
		Scope: "events-parked", Column: "parked_at",
		Where: func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where("?TableAlias.parked_at IS NOT NULL") },
		Place: func(r *Record) (time.Time, int64) { return r.ParkedAt, r.ID },
	}.Read(ctx, db, p.Cursor, p.Limit)
}

// RetryParams name a parked event.
type RetryParams struct {
	// UserUUID is the account, Seq the event's number there.
	UserUUID string
	Seq      int64
}

// DiscardParams name a parked event.
type DiscardParams struct {
	// UserUUID is the account, Seq the event's number there.
	UserUUID string
	Seq      int64
}

// parked names a parked event.
type parked RetryParams

// Retry has a parked event delivered again, with all its attempts: before those of its
// account that wait, and after those that went on without it.
//
// Errors: *InvalidError for a field of p; *NotFoundError when there is no such event, or
// it is not parked; *dialect.Error when the engine fails.
func Retry(ctx context.Context, db bun.IDB, p RetryParams) (*Record, error) {
	return parked(p).end(ctx, db, func(r *Record) []string {
		r.ParkedAt, r.DueUs, r.Attempts = time.Time{}, atOnce, 0
		return []string{"parked_at", "due_us", "attempts"}
	})
}

// Discard has a parked event count as done without being delivered.
//
// Errors: those of [Retry].
func Discard(ctx context.Context, db bun.IDB, p DiscardParams) (*Record, error) {
	return parked(p).end(ctx, db, func(r *Record) []string {
		r.ParkedAt, r.DoneUs = time.Time{}, time.Now().UnixMicro()
		return []string{"parked_at", "done_us"}
	})
}

// atOnce is the due_us of an event that waits for nothing, whatever the clocks say.
const atOnce = 1

// end changes a parked event.
func (p parked) end(ctx context.Context, db bun.IDB, change func(r *Record) []string) (*Record, error) {
	if err := valid.Identifier("UserUUID", p.UserUUID, maxAccount); err != nil {
		return nil, err
	}
	if p.Seq < 1 {
		return nil, valid.Failf("Seq", "%d is not positive", p.Seq)
	}
	var r *Record
	err := dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		r = new(Record)
		err := rows.Lock(ctx, tx, r, func(q *bun.SelectQuery) *bun.SelectQuery {
			return q.Where("user_uuid = ? AND seq = ?", p.UserUUID, p.Seq)
		})
		if err != nil && !isNone(err) {
			return err
		}
		if err != nil || r.ParkedAt.IsZero() {
			return p.notFound()
		}
		columns := change(r)
		n, err := rows.Update(ctx, tx, r, rows.Own{ID: r.ID, Key: []rows.Column{{Name: "user_uuid", Value: r.UserUUID}}}, columns...)
		return rows.Locked(n, err, "an event")
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}
