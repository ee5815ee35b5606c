package chameleon_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/content"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

var contentRules = []rule{
	{name: "post_has_a_uuid", holds: func(t *testing.T, env *enginetest.Env) {
		a, b := post(t, env.DB, content.CreatePostParams{}), post(t, env.DB, content.CreatePostParams{})
		require.NoError(t, uuid.Validate(a.UUID))
		assert.NotEqual(t, a.UUID, b.UUID)
	}},
	{name: "slug_is_unique_for_its_locale", holds: func(t *testing.T, env *enginetest.Env) {
		for _, locale := range []string{"en", "zh"} {
			post(t, env.DB, content.CreatePostParams{Slug: "once", Locale: locale})
			_, err := content.CreatePost(t.Context(), env.DB, content.CreatePostParams{Title: "Again", Slug: "once", Locale: locale})
			require.ErrorIs(t, err, content.ErrSlugTaken)
		}
		first := post(t, env.DB, content.CreatePostParams{Title: "Hello, World!"})
		second := post(t, env.DB, content.CreatePostParams{Title: "Hello, World!"})
		assert.Equal(t, []string{"hello-world", "hello-world-2"}, []string{first.Slug, second.Slug})
	}},
	{name: "content_is_markdown_as_it_was_written", holds: func(t *testing.T, env *enginetest.Env) {
		text := "# 变色龙\n\n* one  \n\ttwo\r\n\\*three\\* <b>'\"</b> 🦎\n\n"
		p := post(t, env.DB, content.CreatePostParams{Content: text, Description: text})
		got := ok(content.GetPost(t.Context(), env.DB, content.GetPostParams{UUID: p.UUID}))(t)
		assert.Equal(t, text, got.Content)
		assert.Equal(t, text, got.Description)
	}},
	{name: "post_is_a_draft_or_published", holds: func(t *testing.T, env *enginetest.Env) {
		p := post(t, env.DB, content.CreatePostParams{Slug: "draft"})
		assert.Equal(t, content.PostDraft, p.Status)
		find := func() error {
			_, err := content.GetBySlug(t.Context(), env.DB, content.GetBySlugParams{Slug: "draft", Locale: "en"})
			return err
		}
		require.ErrorIs(t, find(), content.ErrNotFound)
		assert.Equal(t, content.PostPublished, ok(content.Publish(t.Context(), env.DB, content.PublishParams{UUID: p.UUID}))(t).Post.Status)
		require.NoError(t, find())
		assert.Equal(t, content.PostDraft, ok(content.Unpublish(t.Context(), env.DB, content.UnpublishParams{UUID: p.UUID}))(t).Post.Status)
		require.ErrorIs(t, find(), content.ErrNotFound)
	}},
	{name: "found_by_slug_with_a_fallback_locale", holds: func(t *testing.T, env *enginetest.Env) {
		english := post(t, env.DB, content.CreatePostParams{Slug: "both", Locale: "en", Publish: true})
		chinese := post(t, env.DB, content.CreatePostParams{Slug: "both", Locale: "zh", Publish: true})
		find := func(locale string, fallback ...string) (*content.Post, error) {
			return content.GetBySlug(t.Context(), env.DB, content.GetBySlugParams{Slug: "both", Locale: locale, Fallback: fallback})
		}
		assert.Equal(t, chinese.UUID, ok(find("zh", "en"))(t).UUID)
		assert.Equal(t, english.UUID, ok(find("fr", "en", "zh"))(t).UUID)
		_, err := find("fr")
		require.ErrorIs(t, err, content.ErrNotFound)
	}},
	{name: "published_posts_newest_first", holds: func(t *testing.T, env *enginetest.Env) {
		var want []string
		for i := range 3 {
			p := post(t, env.DB, content.CreatePostParams{Locale: "de", Publish: i != 1, At: lastDay.Add(time.Duration(i) * time.Hour)})
			if i != 1 {
				want = append([]string{p.UUID}, want...)
			}
		}
		var got []string
		for _, p := range ok(content.ListPublished(t.Context(), env.DB, content.ListPublishedParams{Locale: "de"}))(t).Items {
			got = append(got, p.UUID)
		}
		assert.Equal(t, want, got)
	}},
	{name: "feedback_is_text_and_a_rating_of_1_to_5", holds: func(t *testing.T, env *enginetest.Env) {
		for rating, good := range map[int64]bool{-1: false, 1: true, 2: true, 3: true, 4: true, 5: true, 6: false} {
			f, err := content.SubmitFeedback(t.Context(), env.DB, content.SubmitFeedbackParams{Content: "Nice", Rating: rating, At: lastDay})
			if !good {
				require.ErrorIs(t, err, content.ErrInvalid)
				continue
			}
			require.NoError(t, err)
			assert.Equal(t, rating, f.Rating)
			assert.Equal(t, "Nice", f.Content)
		}
	}},
	{name: "feedback_comes_with_or_without_a_user", holds: func(t *testing.T, env *enginetest.Env) {
		for _, user := range []string{"", member(t, env.DB).UUID} {
			f := ok(content.SubmitFeedback(t.Context(), env.DB, content.SubmitFeedbackParams{UserUUID: user, Content: "Nice", Rating: 5, At: lastDay}))(t)
			assert.Equal(t, user, f.UserUUID)
		}
	}},
	{name: "feedback_is_counted_and_averaged", holds: func(t *testing.T, env *enginetest.Env) {
		at := time.Date(2041, 5, 1, 0, 0, 0, 0, time.UTC)
		for _, rating := range []int64{5, 4, 4, 1} {
			ok(content.SubmitFeedback(t.Context(), env.DB, content.SubmitFeedbackParams{Content: "So", Rating: rating, At: at}))(t)
		}
		s := ok(content.FeedbackStats(t.Context(), env.DB, content.FeedbackStatsParams{From: at, To: at.Add(time.Hour)}))(t)
		assert.Equal(t, &content.FeedbackStatsResult{Count: 4, Rated: 4, Average: 3.5, Distribution: [5]int64{1, 0, 0, 2, 1}}, s)
	}},
}

// post makes a post, by default a draft in English.
func post(t *testing.T, db bun.IDB, p content.CreatePostParams) *content.Post {
	t.Helper()
	if p.Title == "" {
		p.Title = "Post " + uuid.NewString()
	}
	if p.Locale == "" {
		p.Locale = "en"
	}
	if p.At.IsZero() {
		p.At = lastDay
	}
	return ok(content.CreatePost(t.Context(), db, p))(t)
}
