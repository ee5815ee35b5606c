package users

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/address"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// reservedDomain is that of the addresses of users who have none any more. No
// mail goes there (RFC 2606), and nobody else may take one: it must be free
// when it is needed.
const reservedDomain = "users.invalid"

// checkEmail returns an email in the form that is stored.
func checkEmail(field, email string) (string, error) {
	normal, err := address.Stored(field, email)
	if err == nil && isReserved(normal) {
		return "", valid.Failf(field, "the domain %s is reserved", reservedDomain)
	}
	return normal, err
}

// isReserved reports whether an email is the placeholder of a user who has none.
func isReserved(email string) bool { return strings.HasSuffix(email, "@"+reservedDomain) }

// findByEmail returns the user with an email, nil for none. normal is its
// stored form, empty when it has none, and given what the caller wrote: a row
// that another program wrote may hold that, in whatever form, and comes first.
// An index serves both, and no function of the column would be.
//
// What the engine takes for equal is compared again: an adopted column may
// ignore case and accents, and á is not a. Where none is found by any of that, the
// original application's users are looked through for another case.
func findByEmail(ctx context.Context, db bun.IDB, normal, given string, lock bool) (*User, error) {
	forms := slices.DeleteFunc([]string{given, strings.TrimSpace(given), normal}, func(s string) bool { return s == "" })
	if len(forms) == 0 {
		return nil, nil
	}
	found, err := withEmails(ctx, db, forms, lock)
	if err != nil {
		return nil, err
	}
	for _, form := range forms {
		if i := slices.IndexFunc(found, func(u User) bool { return u.Email == form }); i >= 0 {
			return &found[i], nil
		}
	}
	if i := slices.IndexFunc(found, func(u User) bool { return normal != "" && address.Form(u.Email) == normal }); i >= 0 {
		return &found[i], nil
	}
	if normal == "" || lock {
		return nil, nil
	}
	return findOriginal(ctx, db, normal)
}

// withEmails reads the users whose email is one of the forms.
func withEmails(ctx context.Context, db bun.IDB, forms []string, lock bool) (found []User, err error) {
	if lock {
		q := db.NewSelect().Model(&found).Where("email IN (?)", bun.List(forms)).Where("deleted_at IS NULL").Limit(maxForms)
		err = rows.ForUpdate(q, db).Scan(ctx)
		return found, dialect.Classify(err)
	}
	args := make([]any, len(forms))
	for i, form := range forms {
		args[i] = form
	}
	err = rows.Select[User](db, "u.email IN (?"+strings.Repeat(", ?", len(forms)-1)+") AND u.deleted_at IS NULL LIMIT "+
		strconv.Itoa(maxForms), args...).Scan(ctx, &found)
	return found, dialect.Classify(err)
}

// findOriginal returns the oldest user whom the original application wrote with an
// email that normal is the stored form of, nil for none. It looks through the
// original's rows, in an index that holds no others: those of a database that was
// never its are none, and those that the adoption has folded are marked no more.
func findOriginal(ctx context.Context, db bun.IDB, normal string) (*User, error) {
	var found []User
	caps := dialect.Of(db)
	err := db.NewSelect().Model(&found).Where("?TableAlias.original = ?", true).
		Where("? = ?", lowered(caps, "?TableAlias.email"), lowered(caps, "?", normal)).
		Where("deleted_at IS NULL").OrderExpr("id").Limit(maxForms).Scan(ctx)
	if err != nil {
		return nil, dialect.Classify(err)
	}
	if i := slices.IndexFunc(found, func(u User) bool { return address.Form(u.Email) == normal }); i >= 0 {
		return &found[i], nil
	}
	return nil, nil
}

// lowered is an expression in lower case, without blanks around it. Which letters
// the engine knows does not matter where both sides are asked of it.
func lowered(caps dialect.Capabilities, expression string, args ...any) schema.QueryWithArgs {
	lower := "LOWER(TRIM(" + expression + "))"
	switch {
	case caps.IsMySQL():
		lower = "LOWER(CONVERT(TRIM(" + expression + ") USING utf8mb4)) COLLATE utf8mb4_bin"
	case caps.Engine == dialect.PostgreSQL && !caps.IsCockroach(): // a locale may have ideas of its own
		lower = "LOWER(TRIM(" + expression + `) COLLATE "C")`
	}
	return bun.SafeQuery(lower, args...)
}

// maxForms bounds the rows that an adopted column may take for one email: each
// of the three forms, and again in another case where it has no uniqueness rule.
const maxForms = 10

// emailHolder is findByEmail for a transaction that may read from a snapshot
// older than the row that just refused its insert. The plain read comes first:
// many losers of one race would deadlock in the locking one.
func emailHolder(ctx context.Context, tx bun.Tx, normal, given string) (*User, error) {
	u, err := findByEmail(ctx, tx, normal, given, false)
	if u == nil && err == nil && dialect.Of(tx).LocksRows() {
		u, err = findByEmail(ctx, tx, normal, given, true)
	}
	return u, err
}
