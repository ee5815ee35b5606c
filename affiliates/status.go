package affiliates

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

// orPending reads the status of a row that another program left without one.
func (s Status) orPending() Status {
	if s == "" {
		return StatusPending
	}
	return s
}

// Valid reports whether s is one of the statuses above.
func (s Status) Valid() bool {
	switch s {
	case StatusPending, StatusApproved, StatusPaid, StatusRejected:
		return true
	}
	return false
}
