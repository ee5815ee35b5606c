package content

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/cached"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// PublishParams names a post.
type PublishParams struct {
	// UUID is required.
	UUID string
	// At is when it was published; zero means now. Until a later time has come,
	// readers do not find the post.
	At time.Time
}

// Publish shows a draft to readers, or schedules it, if At is still to come. A post that
// readers see already is returned as a replay. One that is scheduled gets the new time,
// which is now if At is zero. PublishedAt is when the post was first published, unless
// it was hidden since and scheduled again.
//
// Errors, after which nothing is written: *InvalidError for a field of p,
// *NotFoundError when there is no such post, *StateError when another program gave
// it a status that is neither a draft's nor a published post's (Unpublish makes
// it a draft), and *dialect.Error when the engine fails.
func Publish(ctx context.Context, db bun.IDB, p PublishParams) (*PostResult, error) {
	return move(ctx, db, p.UUID, p.At, func(post *Post, at time.Time) (bool, error) {
		before, now := *post, now()
		switch {
		case post.shown(now):
			return false, nil
		case !post.Status.Public() && post.Status != PostDraft && post.Status != "":
			return false, &StateError{UUID: post.UUID, From: post.Status, To: PostPublished}
		}
		post.Status = PostPublished
		if post.PublishedAt.IsZero() || post.PublishedAt.After(now) || at.After(now) {
			post.PublishedAt = at
		}
		return !before.Status.Public() || !before.PublishedAt.Equal(at), nil
	})
}

// UnpublishParams names a post.
type UnpublishParams struct {
	// UUID is required.
	UUID string
	// At is when it was taken back; zero means now.
	At time.Time
}

// Unpublish makes a post a draft, whatever it was: readers do not find it any
// more. A draft is returned as a replay. The slug stays taken.
//
// Errors, after which nothing is written: *InvalidError for a field of p,
// *NotFoundError when there is no such post, and *dialect.Error when the engine
// fails.
func Unpublish(ctx context.Context, db bun.IDB, p UnpublishParams) (*PostResult, error) {
	return move(ctx, db, p.UUID, p.At, func(post *Post, _ time.Time) (bool, error) {
		changed := post.Status != PostDraft
		post.Status = PostDraft
		return changed, nil
	})
}

// move locks a post, lets step change its status, and writes it when step did.
func move(
	ctx context.Context, db bun.IDB, id string, at time.Time, step func(post *Post, at time.Time) (bool, error),
) (*PostResult, error) {
	at, atErr := valid.Time("At", at)
	if err := valid.First(checkUUID(id), atErr); err != nil {
		return nil, err
	}
	defer cached.Changed(ctx, db, keptPosts)
	var result *PostResult
	err := dialect.InTx(ctx, db, func(ctx context.Context, tx bun.Tx) error {
		post, err := lockPost(ctx, tx, id)
		if err != nil {
			return err
		}
		changed, err := step(post, at)
		if err != nil {
			return err
		}
		result = &PostResult{Post: post, Replayed: !changed}
		if !changed {
			return nil
		}
		post.UpdatedAt = at
		return writePost(ctx, tx, post, "status", "published_at", "updated_at")
	})
	if err != nil {
		return nil, err
	}
	result.Post.read()
	return result, nil
}
