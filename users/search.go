package users

import (
	"context"
	"strings"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/valid"
	"github.com/chameleon-go/chameleon/list"
)

// SearchParams say what to search for.
type SearchParams struct {
	// Query is part of an email, a nickname or a uuid, required, at most 255
	// characters. Surrounding blanks are ignored. It has no special characters.
	Query string
	// Prefix finds values that begin with Query instead of those that contain
	// it.
	Prefix bool
	// Cursor is the Next of the page before, empty for the first page.
	Cursor string
	// Limit is the size of the page, 1 to list.MaxLimit; 0 means
	// list.DefaultLimit.
	Limit int
}

// Search returns a page of the users whose email, nickname or uuid contains the
// query, newest sign-up first. With Prefix it returns those whose email or
// nickname begins with the query or whose uuid equals it. Deleted users are not
// found.
//
// The case of letters in any alphabet and their Unicode composition do not matter:
// straße finds STRASSE. Accents matter. A page is full unless it is the last one.
//
// The database scans users in index order until the page is full, so rare matches
// cost a pass over the table. With Prefix, an index finds the matches, which are
// then sorted. Rows that other programs wrote are compared one by one until
// [FillSearch] has processed them.
//
// Errors: *InvalidError for a field of p, a malformed Cursor or one of another search
// included, *list.RowError for a row that another program wrote and that cannot be
// listed, and *dialect.Error when the engine fails.
func Search(ctx context.Context, db bun.IDB, p SearchParams) (*list.Page[User], error) {
	query := strings.TrimSpace(p.Query)
	if err := valid.Required("Query", query, maxName); err != nil {
		return nil, err
	}
	folded := fold(query)
	where, scope := likeAnywhere, "search/"
	matches := func(text string) bool { return strings.Contains(fold(text), folded) }
	if p.Prefix {
		where, scope = beginning, "search/prefix/"
		matches = func(text string) bool { return strings.HasPrefix(fold(text), folded) }
	}
	rows := listOf(scope+folded, func(q *bun.SelectQuery) *bun.SelectQuery { return where(notDeleted(q), folded) })
	rows.Keep = func(u *User) bool {
		if p.Prefix && fold(u.UUID) == folded {
			return true
		}
		return matches(u.Email) || matches(u.Nickname) || !p.Prefix && matches(u.UUID)
	}
	return rows.Read(ctx, db, p.Cursor, p.Limit)
}

// likeAnywhere restricts q to users who contain folded, and to rows that nothing is
// stored to search by. What a program changed since is looked at, too, in the case
// of letters that the engine knows.
func likeAnywhere(q *bun.SelectQuery, folded string) *bun.SelectQuery {
	lower, like := lowerCase(dialect.OfDialect(q.DB().Dialect())), " LIKE ? ESCAPE '"+string(likeEscape)+"'"
	return q.WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
		q = q.Where("?TableAlias.email_search IS NULL")
		for _, column := range []string{"email_search", "nickname_search"} {
			q = q.WhereOr("?TableAlias.?"+like, bun.Ident(column), containing(folded))
		}
		for _, column := range []string{"email", "nickname", "uuid"} {
			q = q.WhereOr(lower+like, bun.Ident(column), containing(folded))
		}
		return q
	})
}

// beginning is likeAnywhere for users who begin with folded, by indexes.
func beginning(q *bun.SelectQuery, folded string) *bun.SelectQuery {
	ids := func() *bun.SelectQuery { return q.NewSelect().Model((*User)(nil)).Column("id") }
	between := func(column string) *bun.SelectQuery {
		return ids().Where("?TableAlias.? >= ?", bun.Ident(column), folded).
			Where("?TableAlias.? < ?", bun.Ident(column), folded+"\U0010ffff")
	}
	return q.Where("?TableAlias.id IN (SELECT id FROM (?) AS found)", between("email_search").
		UnionAll(between("nickname_search")).
		UnionAll(ids().Where("?TableAlias.uuid = ?", folded)).
		UnionAll(ids().Where("?TableAlias.email_search IS NULL")))
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
