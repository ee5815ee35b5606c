package credits

// Part names one of the steps that a composing verb, such as orders.MarkPaid,
// performs together. When such a verb is called again, it looks for each step
// by its key and reports in the Mended field of its result which ones it had to
// redo because an earlier commit was partial: say the ledger and the orders are
// on two databases and one was restored from a backup, or another program
// changed a status.
type Part string

// The parts of the composing verbs.
const (
	// PartOrder is an order's row: its status and related columns.
	PartOrder Part = "order"
	// PartGrant is the credits of an order or of a commission.
	PartGrant Part = "grant"
	// PartCommission is the row of what a referrer earned.
	PartCommission Part = "commission"
	// PartClawBack is credits, of an order or its commission, taken back for a
	// refund or dispute, or given back for a dispute that was won.
	PartClawBack Part = "claw_back"
	// PartGeneration is a generation's row: its status and related columns.
	PartGeneration Part = "generation"
	// PartCharge is what a generation cost, captured from a hold or not.
	PartCharge Part = "charge"
	// PartHold is what a generation holds.
	PartHold Part = "hold"
	// PartRefund is the credits of a failed generation, returned from its
	// charge or its hold.
	PartRefund Part = "refund"
	// PartUser is a user's row.
	PartUser Part = "user"
	// PartReferrer is who invited a user.
	PartReferrer Part = "referrer"
	// PartWelcome is a user's sign-up bonus.
	PartWelcome Part = "welcome"
)
