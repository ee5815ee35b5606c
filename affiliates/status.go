package affiliates

import "slices"

// Status is where a commission stands.
type Status string

// The statuses of a commission.
const (
	// StatusPending is earned and not yet looked at.
	StatusPending Status = "pending"
	// StatusApproved may be paid out or turned into credits.
	StatusApproved Status = "approved"
	// StatusPaid is paid out, in money or in credits.
	StatusPaid Status = "paid"
	// StatusRejected earns nothing.
	StatusRejected Status = "rejected"
)

// means is what a status means: other programs leave rows without one, or with words
// of theirs.
func (s Status) means() Status {
	is, _ := s.Foreign()
	return is
}

// Foreign returns the equivalent of another program's status, and whether it is
// known; docs/adopting.md has the table. This package's own statuses are their
// own equivalents.
func (s Status) Foreign() (Status, bool) {
	for is, words := range foreignWords() {
		if slices.Contains(words, s) {
			return is, true
		}
	}
	return s, s.Valid()
}

// foreignWords are other programs' words for each status.
func foreignWords() map[Status][]Status {
	return map[Status][]Status{
		StatusPending:  {"", "created", "new", "waiting"},
		StatusApproved: {"confirmed", "accepted", "completed"},
		StatusPaid:     {"paid_out", "withdrawn"},
		StatusRejected: {"canceled", "cancelled", "declined"},
	}
}

// Valid reports whether s is one of the statuses above.
func (s Status) Valid() bool {
	switch s {
	case StatusPending, StatusApproved, StatusPaid, StatusRejected:
		return true
	}
	return false
}
