package strangers_test

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/content"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/users"
)

// slug is a post's of the user alone.
func slug(user, what string) string { return "s" + user[24:] + "-" + what }

func foundContent(ctx context.Context, db bun.IDB, user string) error {
	for _, what := range []string{"a", "b"} {
		if _, err := write(ctx, db, user, what); err != nil {
			return err
		}
	}
	_, err := content.SubmitFeedback(ctx, db, content.SubmitFeedbackParams{UserUUID: user, Content: "good", Rating: 4})
	return err
}

func write(ctx context.Context, db bun.IDB, user, what string) (*content.Post, error) {
	return content.CreatePost(ctx, db, content.CreatePostParams{Title: slug(user, what), Slug: slug(user, what), Locale: "en"})
}

// posts is a verb for a post of the user's.
func posts[R any](name string, want error, what string, verb func(ctx context.Context, db bun.IDB, id string) (R, error)) enginetest.Act {
	return act("content."+name, want, func(ctx context.Context, db bun.IDB, u string) (any, error) {
		var ids []string
		err := db.NewSelect().Model((*content.Post)(nil)).Column("uuid").Where("title = ?", slug(u, what)).
			OrderExpr("id").Limit(1).Scan(ctx, &ids)
		if err != nil {
			return nil, err
		}
		return verb(ctx, db, append(ids, third(u))[0])
	})
}

func contentActs() []enginetest.Act {
	publish := func(ctx context.Context, db bun.IDB, id string) (*content.PostResult, error) {
		return content.Publish(ctx, db, content.PublishParams{UUID: id})
	}
	remove := func(ctx context.Context, db bun.IDB, id string) (any, error) {
		return nil, content.DeletePost(ctx, db, content.DeletePostParams{UUID: id})
	}
	feedback := func(ctx context.Context, db bun.IDB, id int64) (any, error) {
		return nil, content.DeleteFeedback(ctx, db, content.DeleteFeedbackParams{ID: id})
	}
	return []enginetest.Act{
		act("content.CreatePost", nil, func(ctx context.Context, db bun.IDB, u string) (any, error) {
			return write(ctx, db, u, "new")
		}),
		act("content.CreatePost, slug of the title", nil, func(ctx context.Context, db bun.IDB, u string) (any, error) {
			return content.CreatePost(ctx, db, content.CreatePostParams{Title: slug(u, "a"), Locale: "en"})
		}),
		act("content.CreatePost, slug taken", content.ErrSlugTaken, func(ctx context.Context, db bun.IDB, u string) (any, error) {
			return write(ctx, db, u, "a")
		}),
		posts("UpdatePost", nil, "b", func(ctx context.Context, db bun.IDB, id string) (any, error) {
			return content.UpdatePost(ctx, db, content.UpdatePostParams{UUID: id, Slug: new("moved-" + id), Content: new("text")})
		}),
		posts("Publish", nil, "a", publish),
		posts("Publish, none", content.ErrNotFound, "none", publish),
		posts("Unpublish", nil, "a", func(ctx context.Context, db bun.IDB, id string) (any, error) {
			return content.Unpublish(ctx, db, content.UnpublishParams{UUID: id})
		}),
		posts("DeletePost", nil, "a", remove),
		posts("DeletePost, none", content.ErrNotFound, "none", remove),
		act("content.SubmitFeedback", nil, func(ctx context.Context, db bun.IDB, u string) (any, error) {
			return content.SubmitFeedback(ctx, db, content.SubmitFeedbackParams{UserUUID: u, Content: "better"})
		}),
		act("content.DeleteFeedback, none", content.ErrNotFound, func(ctx context.Context, db bun.IDB, _ string) (any, error) {
			return feedback(ctx, db, 1<<40)
		}),
		act("content.DeleteFeedback", nil, func(ctx context.Context, db bun.IDB, u string) (any, error) {
			list, err := content.ListFeedback(ctx, db, content.ListFeedbackParams{UserUUID: u})
			if err != nil || len(list.Items) == 0 {
				return nil, err
			}
			return feedback(ctx, db, list.Items[len(list.Items)-1].ID)
		}),
		act("content.Forget", nil, func(ctx context.Context, db bun.IDB, u string) (any, error) {
			return content.Forget(ctx, db, content.ForgetParams{UserUUID: u})
		}),
	}
}

// freshActs are of domains other than users, for somebody of whom they know
// nothing.
func freshActs() []enginetest.Act {
	var fresh []enginetest.Act
	for _, acts := range [][]enginetest.Act{orderActs(), generationActs(), keyActs(), contentActs(), providerActs()} {
		for _, a := range acts {
			if freshToo[a.Name] {
				fresh = append(fresh, enginetest.Act{Name: a.Name, Want: a.Want, Do: afterSignUp(a)})
			}
		}
	}
	return fresh
}

// afterSignUp performs an act for somebody who has just become a user.
func afterSignUp(a enginetest.Act) func(ctx context.Context, db bun.IDB, user string) error {
	return func(ctx context.Context, db bun.IDB, user string) error {
		if _, err := users.Create(ctx, db, users.CreateParams{UserUUID: user, Email: email(user, "a")}); err != nil {
			return err
		}
		return a.Do(ctx, db, user)
	}
}

// freshToo are acts that end for a stranger as for a user.
var freshToo = map[string]bool{
	"orders.Create": true, "orders.MarkPaid, no such order": true, "orders.Renew, no such subscription": true,
	"orders.Refund before its payment": true, "orders.Refund, no such payment": true, "orders.Forget": true,
	"generations.Start, none": true, "generations.Settle, none": true, "generations.Fail, none": true,
	"generations.ChargeGeneration, unsupported": true, "generations.ChargeGeneration, too dear": true,
	"generations.ChargeGeneration": true, "generations.HoldGeneration": true, "generations.Forget": true,
	"apikeys.Create": true, "apikeys.Authenticate, unknown": true, "apikeys.Authenticate": true, "apikeys.Forget": true,
	"content.CreatePost": true, "content.SubmitFeedback": true, "content.Forget": true,
	"content.Publish, none": true, "content.DeletePost, none": true,
	"providers.Put": true, "providers.Enable, none": true, "providers.Delete, none": true,
}
