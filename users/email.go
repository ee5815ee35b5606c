package users

import (
	"context"
	"strings"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// reservedDomain is that of the addresses of deleted users. No mail goes there
// (RFC 2606), and nobody else may take one: it must be free when it is needed.
const reservedDomain = "users.invalid"

// checkEmail returns an email in the form that is stored.
func checkEmail(field, email string) (string, error) {
	normal, err := valid.Email(field, email)
	if err == nil && strings.HasSuffix(normal, "@"+reservedDomain) {
		return "", valid.Failf(field, "the domain %s is reserved", reservedDomain)
	}
	return normal, err
}

// findByEmail returns the user with an email, nil for none. normal is its
// stored form and given what the caller wrote: a row that another program
// wrote may hold that, in whatever case. An index serves both, and no function
// of the column would be.
//
// What the engine takes for equal is compared again: an adopted column may
// ignore case and accents, and á is not a.
func findByEmail(ctx context.Context, db bun.IDB, normal, given string, lock bool) (*User, error) {
	forms := []string{normal}
	if given = strings.TrimSpace(given); given != normal {
		forms = append(forms, given)
	}
	var found []User
	q := db.NewSelect().Model(&found).
		Where("email IN (?)", bun.List(forms)).Where("deleted_at IS NULL").Limit(2)
	if lock && dialect.Of(db).LocksRows() {
		q = q.For("UPDATE")
	}
	if err := q.Scan(ctx); err != nil {
		return nil, dialect.Classify(err)
	}
	var legacy *User
	for i := range found {
		u := &found[i]
		switch {
		case u.Email == normal:
			return u, nil
		case normalEmail(u.Email) == normal:
			legacy = u
		}
	}
	return legacy, nil
}

// normalEmail is the stored form of an email that may be in another.
func normalEmail(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

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
