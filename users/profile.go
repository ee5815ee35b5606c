package users

import (
	"strings"
	"time"
	"unicode/utf8"

	"github.com/chameleon-go/chameleon/internal/valid"
)

// Profile is what an OAuth provider says about an account. The caller has
// checked the provider's answer (signature, audience, state); this package
// trusts it.
//
//	              Google (ID token)   GitHub (REST)
//	Subject       sub                 id of /user, not login
//	Email         email               the primary one of /user/emails
//	EmailVerified email_verified      verified of /user/emails
//	Name          name                name, or login
//	AvatarURL     picture             avatar_url
type Profile struct {
	// Provider is required.
	Provider Provider
	// Subject is the provider's ID of the account, required, at most 255
	// characters. It never changes and is never reused.
	Subject string
	// Email may be empty if the identity is already known.
	Email string
	// EmailVerified says that the provider vouches for Email.
	EmailVerified bool
	// Name and AvatarURL become those of a newly created user. Since the caller
	// does not control them, they are never refused: text that cannot be stored
	// is dropped, and a name is truncated at 255 characters.
	Name      string
	AvatarURL string
}

// check returns p in the form that is stored.
func (p Profile) check() (Profile, error) {
	if err := valid.Name("Provider", string(p.Provider)); err != nil {
		return p, err
	}
	if err := valid.Identifier("Subject", p.Subject, maxName); err != nil {
		return p, err
	}
	if p.Email == "" {
		p.EmailVerified = false
	} else {
		normal, err := checkEmail("Email", p.Email)
		if err != nil {
			return p, err
		}
		p.Email = normal
	}
	p.Name = storableName(p.Name)
	if valid.Text("AvatarURL", p.AvatarURL, maxName) != nil {
		p.AvatarURL = "" // part of a URL is none
	}
	return p, nil
}

// storableName makes a name fit its column on any engine.
func storableName(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\x00", "")
	if utf8.RuneCountInString(s) > maxName {
		s = string([]rune(s)[:maxName])
	}
	return strings.TrimSpace(s)
}

// identity is the row that p makes for a user.
func (p Profile) identity(userUUID string, at time.Time) *Identity {
	return &Identity{
		UserUUID: userUUID, Provider: p.Provider, Subject: p.Subject,
		Email: p.Email, EmailVerified: p.EmailVerified, CreatedAt: at, UpdatedAt: at,
	}
}
