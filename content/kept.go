package content

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/cached"
	"github.com/chameleon-go/chameleon/internal/page"
	"github.com/chameleon-go/chameleon/list"
)

// keptPosts names all that a cache keeps of posts: what a change of one does to the
// answers for slugs, locales and pages depends on others. The number is keptPost's.
const keptPosts = "posts/1"

// keptPost is a post as a cache keeps it, with what its JSON leaves out.
type keptPost struct {
	ID             int64      `json:"id"`
	UUID           string     `json:"uuid"`
	Title          string     `json:"title"`
	Description    string     `json:"description"`
	Content        string     `json:"content"`
	Slug           string     `json:"slug"`
	Locale         string     `json:"locale"`
	Status         PostStatus `json:"status"`
	CreatedAt      time.Time  `json:"created_at"`
	UpdatedAt      time.Time  `json:"updated_at"`
	SlugKey        string     `json:"slug_key"`
	PublishedAt    time.Time  `json:"published_at"`
	Article        string     `json:"article"`
	TranslationKey string     `json:"translation_key"`
}

func keep(p *Post) keptPost {
	return keptPost{
		ID: p.ID, UUID: p.UUID, Title: p.Title, Description: p.Description, Content: p.Content, Slug: p.Slug, Locale: p.Locale,
		Status: p.Status, CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt, SlugKey: p.SlugKey, PublishedAt: p.PublishedAt,
		Article: p.Article, TranslationKey: p.TranslationKey,
	}
}

func (k *keptPost) post() Post {
	return Post{
		ID: k.ID, UUID: k.UUID, Title: k.Title, Description: k.Description, Content: k.Content, Slug: k.Slug, Locale: k.Locale,
		Status: k.Status, CreatedAt: k.CreatedAt, UpdatedAt: k.UpdatedAt, SlugKey: k.SlugKey, PublishedAt: k.PublishedAt,
		Article: k.Article, TranslationKey: k.TranslationKey,
	}
}

// answered is what GetBySlug found: a post, and whether its address is another.
type answered struct {
	post  *Post
	moved bool
}

type keptAnswer struct {
	Post  keptPost `json:"post"`
	Moved bool     `json:"moved"`
}

//nolint:gochecknoglobals // constants in all but type
var (
	keptAnswerForm = cached.Form[answered]{
		Encode: func(a *answered) any { return keptAnswer{Post: keep(a.post), Moved: a.moved} },
		Decode: func(unmarshal func(any) bool) (*answered, bool) {
			var kept keptAnswer
			if !unmarshal(&kept) || !kept.Post.Status.Public() {
				return nil, false
			}
			post := kept.Post.post()
			return &answered{post: &post, moved: kept.Moved}, true
		},
	}
	keptPageForm = cached.Form[list.Page[Post]]{
		Encode: func(p *list.Page[Post]) any {
			kept := keptPage{Items: make([]keptPost, len(p.Items)), Next: p.Next}
			for i := range p.Items {
				kept.Items[i] = keep(&p.Items[i])
			}
			return kept
		},
		Decode: func(unmarshal func(any) bool) (*list.Page[Post], bool) {
			var kept keptPage
			if !unmarshal(&kept) {
				return nil, false
			}
			posts := make([]Post, len(kept.Items))
			for i := range kept.Items {
				posts[i] = kept.Items[i].post()
			}
			return page.Of(posts, kept.Next), true
		},
	}
)

type keptPage struct {
	Items []keptPost `json:"items"`
	Next  string     `json:"next"`
}

// findKept is find, or what the handle's cache keeps of it.
func (s *bySlug) findKept(ctx context.Context, db bun.IDB) (*Post, error) {
	found, err := cached.ReadOf(ctx, db, keptPosts, s.asked.keptName(), keptAnswerForm, func(ctx context.Context) (*answered, error) {
		ctx, db, done, err := dialect.Reading(ctx, db)
		if err != nil {
			return nil, err
		}
		defer done()
		s.db, s.at = db, now()
		post, err := s.find(ctx)
		if moved, ok := errors.AsType[*MovedError](err); ok {
			return &answered{post: moved.Post, moved: true}, nil
		}
		if err != nil {
			return nil, err
		}
		return &answered{post: post}, nil
	})
	switch {
	case err != nil:
		return nil, err
	case found.moved:
		return nil, &MovedError{Slug: s.asked.Slug, Locale: s.asked.Locale, Post: found.post}
	}
	return found.post, nil
}

// keptName names an answer.
func (p GetBySlugParams) keptName() string {
	return keptNameOf("slug", fmt.Sprintf("%q %q %q", p.Slug, p.Locale, p.Fallback))
}

// keptName names a page.
func (p ListAllParams) keptName() string {
	return keptNameOf("page", fmt.Sprintf("%q %q %t %q %d", p.Locale, p.Article, p.WithContent, p.Cursor, p.Limit))
}

// keptNameOf names what was asked for, which may be long.
func keptNameOf(kind, asked string) string {
	sum := sha256.Sum256([]byte(asked))
	return kind + "/" + hex.EncodeToString(sum[:])
}
