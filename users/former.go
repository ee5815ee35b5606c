package users

import (
	"encoding/json"
	"slices"

	"github.com/chameleon-go/chameleon/internal/valid"
)

// formerEmails returns the addresses that the user had before.
func (u *User) formerEmails() []string {
	var emails []string
	if json.Unmarshal([]byte(u.FormerEmails), &emails) != nil {
		return nil // none, or another program's
	}
	return emails
}

// keepFormer notes an address that the user, who is locked, had proven and is
// about to lose. One that nobody has proven may be somebody else's, whose traces
// are not the user's to erase. The oldest go when the column is full.
func (u *User) keepFormer(email string, unverified bool) {
	emails := u.formerEmails()
	if email == "" || unverified || isReserved(email) || slices.Contains(emails, email) {
		return
	}
	for emails = append(emails, email); ; emails = emails[1:] {
		text, err := json.Marshal(emails)
		if err == nil && len(text) <= valid.MaxText {
			u.FormerEmails = string(text)
			return
		}
	}
}

// formerSubjects returns the subjects of identities that the user has or had, by
// provider.
func (u *User) formerSubjects() map[Provider][]string {
	subjects := map[Provider][]string{}
	if json.Unmarshal([]byte(u.FormerIdentities), &subjects) != nil {
		return map[Provider][]string{} // none, or another program's
	}
	return subjects
}

// keepIdentity notes an identity that the user, who is locked, gets or is about to
// lose. The provider's oldest go when the column is full, but never all of them.
func (u *User) keepIdentity(id *Identity) {
	subjects := u.formerSubjects()
	of := subjects[id.Provider]
	if slices.Contains(of, id.Subject) {
		return
	}
	for of = append(of, id.Subject); len(of) > 0; of = of[1:] {
		subjects[id.Provider] = of
		text, err := json.Marshal(subjects)
		if err == nil && len(text) <= valid.MaxText {
			u.FormerIdentities = string(text)
			return
		}
	}
}
