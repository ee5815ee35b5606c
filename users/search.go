package users

import (
	"context"
	"strings"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/page"
	"github.com/chameleon-go/chameleon/internal/valid"
	"github.com/chameleon-go/chameleon/list"
)

// maxSearchReads bounds what one call of Search reads that does not match
// after all.
const maxSearchReads = 10

// SearchParams says what to look for.
type SearchParams struct {
	// Query is a part of an email, a nickname or a uuid, required, at most 255
	// characters. Blanks at its ends do not count. Nothing in it is special.
	Query string
	// Cursor is the Next of the page before, empty for the first page.
	Cursor string
	// Limit is the size of the page, 1 to list.MaxLimit; 0 means
	// list.DefaultLimit.
	Limit int
}

// Search returns a page of the users whose email, nickname or uuid contains
// the query, the newest sign-up first. Deleted users are not found.
//
// The case of letters does not matter, of any alphabet and on any engine;
// accents do. A page may have fewer users than asked for, even none, and still
// a Next.
//
// It looks at users one by one, in the order of an index, until the page is
// full: seldom matches cost a pass over the table. It is for people who
// administer, not for a hot path; [Get] finds a user by all of their email.
//
// Errors: *InvalidError for a field of p, a malformed Cursor or one of
// another search included, and *dialect.Error when the engine fails.
func Search(ctx context.Context, db bun.IDB, p SearchParams) (*list.Page[User], error) {
	query := strings.TrimSpace(p.Query)
	if err := valid.Required("Query", query, maxName); err != nil {
		return nil, err
	}
	limit, err := page.Limit(p.Limit)
	if err != nil {
		return nil, err
	}
	caps, pattern, folded := dialect.Of(db), likePattern(query), fold(query)
	rows := listOf("search/"+folded, func(q *bun.SelectQuery) *bun.SelectQuery {
		return notDeleted(q).WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
			for _, column := range []string{"email", "nickname", "uuid"} {
				q = q.WhereOr(lowerCase(caps)+" LIKE ? ESCAPE '"+string(likeEscape)+"'", bun.Ident(column), pattern)
			}
			return q
		})
	})
	result := page.Of([]User{}, p.Cursor)
	for range maxSearchReads {
		found, err := rows.Read(ctx, db, result.Next, limit-len(result.Items))
		if err != nil {
			return nil, err
		}
		for i := range found.Items {
			if u := &found.Items[i]; u.contains(folded) {
				result.Items = append(result.Items, *u)
			}
		}
		result.Next = found.Next
		if found.Next == "" || len(result.Items) == limit {
			break
		}
	}
	return result, nil
}

// contains reports whether a field of u that is searched contains folded.
func (u *User) contains(folded string) bool {
	for _, s := range []string{u.Email, u.Nickname, u.UUID} {
		if strings.Contains(fold(s), folded) {
			return true
		}
	}
	return false
}

// lowerCase is a column with at least ASCII's letters in lower case, and as many
// characters as before, compared byte for byte.
func lowerCase(caps dialect.Capabilities) string {
	switch {
	case caps.IsMySQL():
		return lowerCaseMySQL
	case caps.Engine == dialect.PostgreSQL && !caps.IsCockroach():
		return lowerCasePostgres
	}
	return "LOWER(?TableAlias.?)"
}
