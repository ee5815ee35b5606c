package content

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/page"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/valid"
	"github.com/chameleon-go/chameleon/list"
)

const (
	// MaxFeedback is the longest text of a feedback, in characters.
	MaxFeedback = 10_000
	// MinRating is the worst rating.
	MinRating = 1
	// MaxRating is the best rating.
	MaxRating = 5
)

// SubmitFeedbackParams is what someone has to say.
type SubmitFeedbackParams struct {
	// UserUUID is who says it, empty for someone without an account.
	UserUUID string
	// Content is the text, required, at most 10,000 characters.
	Content string
	// Rating is 1 to 5; 0 means none.
	Rating int64
	// At is when it was said; zero means now.
	At time.Time
}

// SubmitFeedback stores a feedback. It is not idempotent: calling it again
// stores another one.
//
// Errors, after which nothing is written: *InvalidError for a field of p, and
// *dialect.Error when the engine fails.
func SubmitFeedback(ctx context.Context, db bun.IDB, p SubmitFeedbackParams) (*Feedback, error) {
	at, atErr := valid.Time("At", p.At)
	err := valid.First(checkUser(p.UserUUID), valid.Required("Content", p.Content, MaxFeedback), checkRating(p.Rating), atErr)
	if err != nil {
		return nil, err
	}
	var stored *Feedback
	err = dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		stored = &Feedback{UserUUID: p.UserUUID, Content: p.Content, Rating: p.Rating, CreatedAt: at}
		_, err := rows.Insert(ctx, tx, stored) // nothing of it is unique
		return err
	})
	if err != nil {
		return nil, err
	}
	return stored, nil
}

func checkUser(id string) error {
	if id == "" {
		return nil
	}
	return valid.UUID("UserUUID", id)
}

func checkRating(rating int64) error {
	if rating != 0 && (rating < MinRating || rating > MaxRating) {
		return valid.Failf("Rating", "%d is outside %d to %d", rating, MinRating, MaxRating)
	}
	return nil
}

// ListFeedbackParams name a page of feedback.
type ListFeedbackParams struct {
	// UserUUID, when set, lists only that user's.
	UserUUID string
	// Rating, when set, is 1 to 5 and lists only feedback with that rating.
	Rating int64
	// From and To bound the time of the feedback: From is included, To is not;
	// zero is no bound.
	From, To time.Time
	// Cursor is the Next of the page before, empty for the first page.
	Cursor string
	// Limit is the size of the page, 1 to list.MaxLimit; 0 means
	// list.DefaultLimit.
	Limit int
}

// ListFeedback returns a page of feedback, newest first.
//
// Errors: *InvalidError for a field of p, a malformed Cursor or one of another list
// included, *list.RowError for a row that another program wrote and that cannot be
// listed, and *dialect.Error when the engine fails.
func ListFeedback(ctx context.Context, db bun.IDB, p ListFeedbackParams) (*list.Page[Feedback], error) {
	during, err := checkPeriod(p.From, p.To)
	if err := valid.First(checkUser(p.UserUUID), checkRating(p.Rating), err); err != nil {
		return nil, err
	}
	rows := page.List[Feedback]{
		Scope:  fmt.Sprintf("feedbacks/%s/%d/%d/%d", p.UserUUID, p.Rating, during.from.UnixMicro(), during.to.UnixMicro()),
		Column: "created_at",
		Where: func(q *bun.SelectQuery) *bun.SelectQuery {
			q = page.Equal(q, "user_uuid", p.UserUUID)
			q = page.Equal(q, "rating", p.Rating)
			return during.where(q)
		},
		Place: func(f *Feedback) (time.Time, int64) { return f.CreatedAt, f.ID },
	}
	feedback, err := rows.Read(ctx, db, p.Cursor, p.Limit)
	if err != nil {
		return nil, err
	}
	for i := range feedback.Items {
		f := &feedback.Items[i]
		f.CreatedAt = f.CreatedAt.UTC()
	}
	return feedback, nil
}

// DeleteFeedbackParams name a feedback.
type DeleteFeedbackParams struct {
	// ID is required.
	ID int64
}

// DeleteFeedback removes a feedback permanently.
//
// Errors, after which nothing is written: *InvalidError for an invalid ID,
// *NotFoundError when there is no such feedback, and *dialect.Error when the
// engine fails.
func DeleteFeedback(ctx context.Context, db bun.IDB, p DeleteFeedbackParams) error {
	if p.ID <= 0 {
		return valid.Failf("ID", "%d is not positive", p.ID)
	}
	return dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		n, err := remove(ctx, tx, p.ID)
		if err != nil || n == 1 {
			return err
		}
		return notFound("feedback", "ID", strconv.FormatInt(p.ID, 10))
	})
}
