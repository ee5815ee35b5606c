package content_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/content"
)

// database returns a database with the schema.
func database(ctx context.Context) *bun.DB {
	db, err := chameleon.Open(ctx, "sqlite://:memory:")
	if err != nil {
		panic(err)
	}
	if _, err := chameleon.Push(ctx, db); err != nil {
		panic(err)
	}
	return db
}

// write makes a published post.
func write(ctx context.Context, db bun.IDB, title, locale string) *content.Post {
	post, err := content.CreatePost(ctx, db, content.CreatePostParams{Title: title, Locale: locale, Publish: true})
	if err != nil {
		panic(err)
	}
	return post
}

func ExampleCreatePost() {
	ctx := context.Background()
	db := database(ctx)
	defer func() { _ = db.Close() }()

	for range 2 {
		post, err := content.CreatePost(ctx, db, content.CreatePostParams{
			Title: "Colours, explained!", Content: "# Colours", Locale: "en",
		})
		if err != nil {
			panic(err)
		}
		fmt.Println(post.Slug, post.Status)
	}
	// A slug of one's own is taken as it is or not at all.
	_, err := content.CreatePost(ctx, db, content.CreatePostParams{Title: "x", Slug: "colours-explained", Locale: "en"})
	fmt.Println(err)
	// Output:
	// colours-explained draft
	// colours-explained-2 draft
	// slug is taken in locale en: colours-explained
}

func ExampleUpdatePost() {
	ctx := context.Background()
	db := database(ctx)
	defer func() { _ = db.Close() }()
	post := write(ctx, db, "Colors", "en")

	// Links hold the slug: a new title leaves it as it is.
	changed, err := content.UpdatePost(ctx, db, content.UpdatePostParams{UUID: post.UUID, Title: new("Colours")})
	if err != nil {
		panic(err)
	}
	fmt.Println(changed.Post.Title, changed.Post.Slug)

	changed, err = content.UpdatePost(ctx, db, content.UpdatePostParams{UUID: post.UUID, Slug: new("")})
	if err != nil {
		panic(err)
	}
	fmt.Println(changed.Post.Title, changed.Post.Slug)
	// Output:
	// Colours colors
	// Colours colours
}

func ExamplePublish() {
	ctx := context.Background()
	db := database(ctx)
	defer func() { _ = db.Close() }()
	post, err := content.CreatePost(ctx, db, content.CreatePostParams{Title: "Colours", Locale: "en"})
	if err != nil {
		panic(err)
	}

	for range 2 {
		published, err := content.Publish(ctx, db, content.PublishParams{UUID: post.UUID})
		if err != nil {
			panic(err)
		}
		fmt.Println(published.Post.Status, "replayed:", published.Replayed)
	}
	// Output:
	// published replayed: false
	// published replayed: true
}

func ExampleUnpublish() {
	ctx := context.Background()
	db := database(ctx)
	defer func() { _ = db.Close() }()
	post := write(ctx, db, "Colours", "en")

	draft, err := content.Unpublish(ctx, db, content.UnpublishParams{UUID: post.UUID})
	if err != nil {
		panic(err)
	}
	_, err = content.GetBySlug(ctx, db, content.GetBySlugParams{Slug: post.Slug, Locale: "en"})
	fmt.Println(draft.Post.Status, errors.Is(err, content.ErrNotFound))
	// Output: draft true
}

func ExampleDeletePost() {
	ctx := context.Background()
	db := database(ctx)
	defer func() { _ = db.Close() }()
	post := write(ctx, db, "Colours", "en")

	for range 2 {
		err := content.DeletePost(ctx, db, content.DeletePostParams{UUID: post.UUID})
		fmt.Println(err == nil, errors.Is(err, content.ErrNotFound))
	}
	// Output:
	// true false
	// false true
}

func ExampleGetPost() {
	ctx := context.Background()
	db := database(ctx)
	defer func() { _ = db.Close() }()

	post, err := content.GetPost(ctx, db, content.GetPostParams{UUID: write(ctx, db, "Colours", "en").UUID})
	if err != nil {
		panic(err)
	}
	fmt.Println(post.Title)
	// Output: Colours
}

func ExampleGetBySlug() {
	ctx := context.Background()
	db := database(ctx)
	defer func() { _ = db.Close() }()
	write(ctx, db, "About", "en")
	write(ctx, db, "About", "zh")

	for _, locale := range []string{"zh", "fr"} {
		post, err := content.GetBySlug(ctx, db, content.GetBySlugParams{
			Slug: "about", Locale: locale, Fallback: []string{"en"},
		})
		if err != nil {
			panic(err)
		}
		fmt.Println("asked for", locale, "got", post.Locale)
	}
	// Output:
	// asked for zh got zh
	// asked for fr got en
}

func ExampleListPublished() {
	ctx := context.Background()
	db := database(ctx)
	defer func() { _ = db.Close() }()
	for _, title := range []string{"One", "Two", "Three"} {
		write(ctx, db, title, "en")
	}

	for cursor := ""; ; {
		page, err := content.ListPublished(ctx, db, content.ListPublishedParams{Locale: "en", Limit: 2, Cursor: cursor})
		if err != nil {
			panic(err)
		}
		for _, post := range page.Items {
			fmt.Println(post.Title)
		}
		if cursor = page.Next; cursor == "" {
			break
		}
		fmt.Println("--")
	}
	// Output:
	// Three
	// Two
	// --
	// One
}

func ExampleListAll() {
	ctx := context.Background()
	db := database(ctx)
	defer func() { _ = db.Close() }()
	write(ctx, db, "Out", "en")
	if _, err := content.CreatePost(ctx, db, content.CreatePostParams{Title: "In the works", Locale: "en"}); err != nil {
		panic(err)
	}

	drafts, err := content.ListAll(ctx, db, content.ListAllParams{Status: content.PostDraft})
	if err != nil {
		panic(err)
	}
	for _, post := range drafts.Items {
		fmt.Println(post.Title)
	}
	// Output: In the works
}

func ExampleSlugify() {
	for _, title := range []string{"What's new?", "Crème brûlée", "Привет, мир", "你好，世界"} {
		fmt.Println(content.Slugify(title))
	}
	// Output:
	// whats-new
	// crème-brûlée
	// привет-мир
	// 你好-世界
}

// submit stores feedback with these ratings.
func submit(ctx context.Context, db bun.IDB, ratings ...int64) {
	for _, rating := range ratings {
		_, err := content.SubmitFeedback(ctx, db, content.SubmitFeedbackParams{Content: "I like the lizard", Rating: rating})
		if err != nil {
			panic(err)
		}
	}
}

func ExampleSubmitFeedback() {
	ctx := context.Background()
	db := database(ctx)
	defer func() { _ = db.Close() }()

	said, err := content.SubmitFeedback(ctx, db, content.SubmitFeedbackParams{
		UserUUID: "0195c2a1-0000-7000-8000-000000000000", Content: "More green, please", Rating: 4,
	})
	if err != nil {
		panic(err)
	}
	fmt.Println(said.Content, said.Rating)

	_, err = content.SubmitFeedback(ctx, db, content.SubmitFeedbackParams{Content: "x", Rating: 11})
	fmt.Println(err)
	// Output:
	// More green, please 4
	// invalid Rating: 11 is outside 1 to 5
}

func ExampleListFeedback() {
	ctx := context.Background()
	db := database(ctx)
	defer func() { _ = db.Close() }()
	submit(ctx, db, 5, 1, 5)

	page, err := content.ListFeedback(ctx, db, content.ListFeedbackParams{Rating: 5})
	if err != nil {
		panic(err)
	}
	fmt.Println(len(page.Items), page.Items[0].Content)
	// Output: 2 I like the lizard
}

func ExampleFeedbackStats() {
	ctx := context.Background()
	db := database(ctx)
	defer func() { _ = db.Close() }()
	submit(ctx, db, 5, 4, 0, 5)

	stats, err := content.FeedbackStats(ctx, db, content.FeedbackStatsParams{})
	if err != nil {
		panic(err)
	}
	fmt.Printf("%d, %d rated, %.2f on average, %v\n", stats.Count, stats.Rated, stats.Average, stats.Distribution)
	// Output: 4, 3 rated, 4.67 on average, [0 0 0 1 2]
}

func ExampleDeleteFeedback() {
	ctx := context.Background()
	db := database(ctx)
	defer func() { _ = db.Close() }()
	said, err := content.SubmitFeedback(ctx, db, content.SubmitFeedbackParams{Content: "Buy my watches"})
	if err != nil {
		panic(err)
	}
	fmt.Println(content.DeleteFeedback(ctx, db, content.DeleteFeedbackParams{ID: said.ID}))
	// Output: <nil>
}
