package credits

// Part names one of the things that a composing verb, such as orders.MarkPaid,
// does together. A verb that is called again looks for each of them by its key,
// and says in the Mended field of its result which it had to do again, because
// an earlier commit was partial: ledger and orders stand on two databases of
// which one was restored, say, or another program changed a status.
type Part string

// The parts of the composing verbs.
const (
	// PartOrder is an order's row: its status and what goes with that.
	PartOrder Part = "order"
	// PartGrant is the credits of an order or of a commission.
	PartGrant Part = "grant"
	// PartCommission is the row of what a referrer earned, as it should stand.
	PartCommission Part = "commission"
	// PartClawBack is credits taken back for a refund or dispute, or given back
	// for a dispute that was won: those of the order or of its commission.
	PartClawBack Part = "claw_back"
	// PartGeneration is a generation's row: its status and what goes with that.
	PartGeneration Part = "generation"
	// PartCharge is what a generation cost, captured from a hold or not.
	PartCharge Part = "charge"
	// PartHold is what a generation holds.
	PartHold Part = "hold"
	// PartRefund is the credits of a failed generation that went back, from its
	// charge or its hold.
	PartRefund Part = "refund"
	// PartUser is a user's row.
	PartUser Part = "user"
	// PartReferrer is who brought a user in.
	PartReferrer Part = "referrer"
	// PartWelcome is a user's sign-up bonus.
	PartWelcome Part = "welcome"
)
