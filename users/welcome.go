package users

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
	"github.com/chameleon-go/chameleon/internal/valid"
	"github.com/chameleon-go/chameleon/internal/width"
	"github.com/chameleon-go/chameleon/secret"
)

// MinWelcomeKey is the shortest WelcomeKey, in bytes.
const MinWelcomeKey = 32

// WelcomeClaim is a row of the table welcome_claims: the keyed hash of an
// identity or an email that has received welcome credits. Only sign-ups with a
// WelcomeKey have rows. They outlive the user and do not name them.
type WelcomeClaim struct {
	bun.BaseModel `bun:"table:welcome_claims,alias:wc"`

	ID int64 `bun:"id,pk,autoincrement,type:bigint" json:"-"`
	// Claim is an HMAC-SHA-256 of the identity or email, in hexadecimal.
	Claim     string    `bun:"claim,notnull,type:varchar(64)" chameleon:"exact" json:"-"`
	CreatedAt time.Time `bun:"created_at,nullzero,type:timestamptz" json:"created_at,omitzero"`
}

// Marks implements dialect.Marked.
func (*WelcomeClaim) Marks() []string {
	return []string{"id", "claim"}
}

// Indexes implements dialect.Indexed.
func (*WelcomeClaim) Indexes() []dialect.Index {
	return []dialect.Index{
		{Name: "welcome_claims_claim_unique", Columns: []string{"claim"}, Unique: true},
		{Name: "welcome_claims_created_at_idx", Columns: []string{"created_at"}},
	}
}

// checkWelcomeKey takes none, or a long one: a short key is found by trying, and
// the emails with it.
func checkWelcomeKey(key secret.Secret) error {
	if !key.IsZero() && len(key.Reveal()) < MinWelcomeKey {
		return valid.Failf("WelcomeKey", "shorter than %d bytes", MinWelcomeKey)
	}
	return nil
}

// checkWelcome takes an amount, the default or none.
func checkWelcome(amount int64, none bool) error {
	if none && amount != 0 {
		return valid.Failf("WelcomeCredits", "set together with NoWelcomeCredits")
	}
	return valid.AmountOrZero("WelcomeCredits", amount)
}

// welcome is the welcome credits of a sign-up.
type welcome struct {
	amount int64 // 0 means the default
	none   bool
	key    secret.Secret
	email  string
	proven bool
	// provider and subject are those of the identity, empty without one.
	provider Provider
	subject  string
}

// fits checks the amount against the columns of an adopted database before
// anything is written.
func (w welcome) fits(ctx context.Context, tx bun.Tx) error {
	return width.Check(ctx, tx, &User{WelcomeCredits: w.amount},
		&credits.Account{LeftCredits: w.amount, TotalCredits: w.amount}, &credits.Entry{Credits: w.amount})
}

// claim claims the credits for the sign-up's identity and its email, and reports
// whether neither has had any. Without a key there is nothing to tell by.
func (w welcome) claim(ctx context.Context, tx bun.Tx, at time.Time) (bool, error) {
	if w.key.IsZero() {
		return true, nil
	}
	// Who has not proven an address must not use up what its owner is to get.
	kind := "email"
	if !w.proven {
		kind = "unproven email"
	}
	claims := []string{w.hash(kind, w.email)}
	if w.subject != "" {
		claims = append(claims, w.hash("identity", string(w.provider), w.subject))
	}
	// In one order, so that sign-ups that share both do not deadlock.
	slices.Sort(claims)
	first := true
	for _, c := range claims {
		inserted, err := rows.Insert(ctx, tx, &WelcomeClaim{Claim: c, CreatedAt: at})
		if err != nil {
			return false, err
		}
		first = first && inserted
	}
	return first, nil
}

// hash is HMAC-SHA-256 over parts that hold no NUL bytes.
func (w welcome) hash(parts ...string) string {
	mac := hmac.New(sha256.New, []byte(w.key.Reveal()))
	for _, part := range parts {
		_, _ = mac.Write([]byte(part)) // never fails
		_, _ = mac.Write([]byte{0})
	}
	return hex.EncodeToString(mac.Sum(nil))
}
