package credits

// Correction is an entry that makes up for a difference between what another
// program showed and what its rows say.
type Correction struct {
	// Amount is what was granted, or taken where it is negative.
	Amount int64 `json:"amount"`
	// Reason says why.
	Reason AdoptionReason `json:"reason"`
}
