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
