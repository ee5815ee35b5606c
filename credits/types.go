package credits

// Transaction types of the specification. The set is open: use names of your
// own, up to 50 characters.
const (
	// TypeNewUser is the sign-up bonus: 100 credits that expire after a year.
	TypeNewUser = "new_user"
	// TypeOrderPay is purchased credits.
	TypeOrderPay = "order_pay"
	// TypeSystemAdd is an admin's adjustment, positive or negative.
	TypeSystemAdd = "system_add"
	// TypePing is the daily check-in: 1 credit per user and UTC day.
	TypePing = "ping"
	// TypeAIGeneration is the cost of a generation.
	TypeAIGeneration = "ai_generation"
	// TypeReferral is a commission converted into credits.
	TypeReferral = "referral"
)

// Transaction types that the ledger itself writes.
const (
	// TypeRefund gives a charge's credits back.
	TypeRefund = "refund"
	// TypeClawBack takes a grant's credits back.
	TypeClawBack = "claw_back"
	// TypeVoid cancels an unspent grant.
	TypeVoid = "void"
	// TypeDebtPayment pays debt out of incoming credits.
	TypeDebtPayment = "debt_payment"
	// TypeCarryOver moves what is left of a grant into its renewal.
	TypeCarryOver = "carry_over"
	// TypeAdoption corrects a balance that another program's rows do not explain;
	// the entry's metadata gives the reason. TypeAdoptedDraw is what a charge by
	// that program took from several grants.
	TypeAdoption    = "adoption"
	TypeAdoptedDraw = "adopted_draw"
	// TypeClockReset sets an account's time back. Its entry has 0 credits.
	TypeClockReset = "clock_reset"
	// TypeOverdraft is the type of credits that [Overdraw] lends. They are spent at
	// once and become debt.
	TypeOverdraft = "overdraft"
	// TypeHold, TypeRelease, TypeHoldTimeout and TypeHoldExtend reserve credits,
	// give them back and move the timeout. Their entries have 0 credits.
	TypeHold        = "hold"
	TypeRelease     = "release"
	TypeHoldTimeout = "hold_timeout"
	TypeHoldExtend  = "hold_extend"
)

// Kind is the verb of an operation.
type Kind string

// The kinds of operation.
const (
	KindGrant     Kind = "grant"
	KindPaidGrant Kind = "paid_grant"
	KindCharge    Kind = "charge"
	KindRefund    Kind = "refund"
	KindClawBack  Kind = "claw_back"
	KindVoid      Kind = "void"
	KindHold      Kind = "hold"
	KindCapture   Kind = "capture"
	KindRelease   Kind = "release"
	KindExtend    Kind = "extend"
	KindTimeout   Kind = "timeout"
	// KindClockReset is that of [ResetClock].
	KindClockReset Kind = "clock_reset"
)

// Valid reports whether k is a kind that the ledger writes.
func (k Kind) Valid() bool {
	switch k {
	case KindGrant, KindPaidGrant, KindCharge, KindRefund, KindClawBack, KindVoid,
		KindHold, KindCapture, KindRelease, KindExtend, KindTimeout, KindClockReset:
		return true
	}
	return false
}

// HoldStatus is the state of a hold.
type HoldStatus string

// The states of a hold: active, and the three ways it can end.
const (
	HoldActive   HoldStatus = "active"
	HoldCaptured HoldStatus = "captured"
	HoldReleased HoldStatus = "released"
	HoldTimedOut HoldStatus = "timed_out"
)

// Valid reports whether s is a state of a hold.
func (s HoldStatus) Valid() bool {
	switch s {
	case HoldActive, HoldCaptured, HoldReleased, HoldTimedOut:
		return true
	}
	return false
}
