// Package history is what clients write down of the calls that they make: what
// they are about to ask, and what they were told. The judge reads it.
package history

// Verb names what a client asks of the product.
type Verb string

// The verbs of the mix. Their parameters are the fields of [Op].
const (
	Grant    Verb = "grant"    // Amount, Expires
	Charge   Verb = "charge"   // Amount
	Adjust   Verb = "adjust"   // Amount, negative takes
	Refund   Verb = "refund"   // Target: the charge's key; Amount 0 for all
	Hold     Verb = "hold"     // Amount, Timeout
	Capture  Verb = "capture"  // Target: the hold's key; Amount 0 for all
	Release  Verb = "release"  // Target: the hold's key
	Extend   Verb = "extend"   // Target: the hold's key; Timeout
	ClawBack Verb = "clawback" // Target: the grant's key; Amount is the total
	Void     Verb = "void"     // Target: the grant's key
	Ping     Verb = "ping"
	Post     Verb = "post"   // Parts
	Expire   Verb = "expire" // no user
	Caller   Verb = "caller" // Parts, in a transaction of the caller's with a note
	Early    Verb = "early"  // Amount; a charge far ahead of every clock, to be refused
	Squat    Verb = "squat"  // Amount; a grant under a key of the library's, to be refused

	Balance   Verb = "balance"
	Statement Verb = "statement"
	Verify    Verb = "verify"
	Lookup    Verb = "lookup" // Target: a key

	SignUp Verb = "signup" // Key is the email, Target the referrer's code
	SignIn Verb = "signin" // Key is the subject, Target the referrer's code

	Order       Verb = "order"        // Key is the number; Price, Amount credits
	Subscribe   Verb = "subscribe"    // an order with a subscription; Target is its id
	Pay         Verb = "pay"          // Key is the order's number
	OrderRefund Verb = "order-refund" // Key is the order's number; Price is the total
	Dispute     Verb = "dispute"      // Key is the order's number; Price is in dispute
	Win         Verb = "win"          // the same, the dispute is won
	Lose        Verb = "lose"         // the same, the dispute is lost
	Renew       Verb = "renew"        // Target is the subscription, Period counts

	Generate Verb = "generate" // Key is the GenID; Amount
	Reserve  Verb = "reserve"  // Key is the GenID; Amount is the most
	Complete Verb = "complete" // Key is the GenID
	Fail     Verb = "fail"     // Key is the GenID
	Settle   Verb = "settle"   // Key is the GenID; Amount
	Stuck    Verb = "stuck"    // fails what has been silent for TimeoutMs; no user

	Approve Verb = "approve" // Key is the order's number
	Convert Verb = "convert" // Key is the order's number
)

// Op is one thing that a client wants done, under one idempotency key, in as
// many calls as it takes.
type Op struct {
	ID   string `json:"id"`
	Verb Verb   `json:"verb"`
	User string `json:"user,omitempty"`
	Key  string `json:"key,omitempty"`
	// Amount is in credits, Price in cents.
	Amount int64  `json:"amount,omitempty"`
	Price  int64  `json:"price,omitempty"`
	Target string `json:"target,omitempty"`
	Period int    `json:"period,omitempty"`
	// ExpiresUs is when a grant expires, 0 for never.
	ExpiresUs int64 `json:"expires_us,omitempty"`
	TimeoutMs int64 `json:"timeout_ms,omitempty"`
	// Parts are the operations of a batch or of a caller's transaction.
	Parts []Op `json:"parts,omitempty"`
	// Keep leaves held what a capture does not take.
	Keep bool `json:"keep,omitempty"`
	// Forgive lets go what a claw-back finds spent.
	Forgive bool `json:"forgive,omitempty"`
	// RollBack makes the caller's transaction end in ROLLBACK.
	RollBack bool `json:"roll_back,omitempty"`
}

// Class says what an answer means.
type Class string

// The classes of answers.
const (
	OK      Class = "ok"
	Refused Class = "refused" // a domain's error: nothing was written
	Clean   Class = "clean"   // an engine's error that says that nothing was written
	Unknown Class = "unknown" // an engine's error that says that it may be stored
	Broken  Class = "broken"  // an error that the documentation does not have
)

// Entry is an entry of the ledger as a client was told of it.
type Entry struct {
	Seq       int64  `json:"seq"`
	Lot       int64  `json:"lot"`
	Credits   int64  `json:"credits"`
	Held      int64  `json:"held,omitempty"`
	Balance   int64  `json:"balance"`
	Available int64  `json:"available"`
	AtUs      int64  `json:"at_us"`
	ExpiresUs int64  `json:"expires_us"`
	Type      string `json:"type"`
}

// Told is an operation of the ledger as a client was told of it.
type Told struct {
	User     string  `json:"user"`
	Key      string  `json:"key"`
	Kind     string  `json:"kind"`
	Amount   int64   `json:"amount"`
	Replayed bool    `json:"replayed,omitempty"`
	Entries  []Entry `json:"entries"`
}

// Answer is what came of one call.
type Answer struct {
	Class Class  `json:"class"`
	Error string `json:"error,omitempty"`
	// Need and Have are those of a refusal for too few credits.
	Need int64 `json:"need,omitempty"`
	Have int64 `json:"have,omitempty"`
	Poor bool  `json:"poor,omitempty"`
	// Replayed is the result's own word, where it has one.
	Replayed bool   `json:"replayed,omitempty"`
	Told     []Told `json:"told,omitempty"`
	// Refusals are the parts of a batch that were refused, by index.
	Refusals []int `json:"refusals,omitempty"`
	// What a read saw.
	Available int64 `json:"available,omitempty"`
	Held      int64 `json:"held,omitempty"`
	Debt      int64 `json:"debt,omitempty"`
	// Ref is what the domain made: a user's uuid, an order's number.
	Ref string `json:"ref,omitempty"`
	// Mended are the parts that the call says an earlier one had left undone.
	Mended []string `json:"mended,omitempty"`
	// Breaches are what a live Verify said, none for a clean book.
	Breaches []string `json:"breaches,omitempty"`
}
