package main

import "github.com/chameleon-go/chameleon/dialect"

// subscriptionMutations let what happens to a subscription, or late to its payments,
// change what its customer has.
func subscriptionMutations() []mutation {
	all := append(providerMutations(), []mutation{
		{
			name: "rounded-apart", breaks: "what refunds and changes of plans took of one payment is rounded apart, and leaves a credit",
			file: "rebalance.go", old: "ceil(s.claimed())-s.o.creditsOf(s.o.returned())", new: "floor(s.taken)",
			tests: "^TestPartsAreRoundedOnce$",
		},
		{
			name: "payment-first", breaks: "a refund locks its order after the payment", engine: dialect.PostgreSQL,
			file: "refund.go", old: "r.at, r.again = at, meanwhile(db)", new: "r.at, _ = at, meanwhile(db)",
			tests: "^TestOrdersAreLockedBeforePayments$",
		},
		{
			name: "deferred-downgrade", breaks: "a downgrade that is billed later takes nothing",
			file: "measure_again.go", old: "o.Credits, o.TakesBack = max(sum, 0), max(-sum, 0)", new: "o.Credits = max(sum, 0)",
			tests: "^TestPartsThatArePutOff$", by: "orders/stripe",
		},
		{
			name: "months-end", breaks: "months end for good with a refund that fails",
			file: "prorate_monthly.go", old: "o.NextGrantAt = o.monthEnd(o.GrantsMade)\n\treturn true", new: "return true",
			tests: "^TestMonthsGoOn$",
		},
		{
			name: "change-told-late", breaks: "a change that is told after the next one buys the time of both",
			file: "measure_again.go", old: "if m.Beyond != nil {", new: "if m.Within && !m.Each {\n\t\t\tcontinue\n\t\t}\n\t\tif m.Beyond != nil {",
			tests: "^TestChangesToldInAnyOrder$", by: "orders/creem",
		},
		{
			name: "named-late", breaks: "a payment that is named after its refund is refused",
			file: "payment_claim.go", old: "row.provisional() && row.Status == PaymentPaid && row", new: "!row.provisional() && row.Status == PaymentPaid && row",
			tests: "^TestPaymentsToldLate$",
		},
		{
			name: "money-for-nothing", breaks: "money for an order that a discount paid is taken for its payment",
			file: "payment_claim.go", old: "if o.PayRef != \"\" || o.PaidAmount == nil", new: "if o.PayRef == \"\" || o.PaidAmount == nil",
			tests: "^TestPaymentsToldLate$",
		},
	}...)
	for i := range all {
		if all[i].engine == "" {
			all[i].engine = dialect.SQLite
		}
		if all[i].at == "" {
			all[i].at = "orders"
		}
	}
	return all
}

// providerMutations read what providers say wrongly.
func providerMutations() []mutation {
	return []mutation{
		{
			name: "note-kept", breaks: "a credit note to the customer's balance takes nothing",
			at: "orders/stripe", file: "creditnote.go", old: "return max(rest, 0)", new: "return min(rest, 0)",
			tests: "^TestCreditNotes$",
		},
		{
			name: "out-of-band", breaks: "money that came another way than by Stripe is none",
			at: "orders/stripe", file: "settled.go", old: "s.paid += rest - s.balance", new: "s.paid += 0 * rest",
			tests: "^TestWhatSettledAnInvoice$",
		},
		{
			name: "released-as-refunded", breaks: "what a partial capture released counts as refunded",
			at: "orders/stripe", file: "refund.go", old: "back -= released", new: "back -= 0",
			tests: "^TestChargesOfEveryKind$",
		},
		{
			name: "fee-pays-order", breaks: "the fee of a trial pays the period that follows",
			at: "orders/stripe", file: "lines.go", old: "if !free && !inv.bills(inv.fee()) {", new: "if !free {",
			tests: "^TestTrialWithAFee$",
		},
		{
			name: "bought-unasked", breaks: "what Options.Bought answers of a first payment is left",
			at: "orders/webhook", file: "bill.go", old: "p.Grants, p.ExpiresAt = &b.bought.Credits, b.bought.ExpiresAt", new: "_ = p",
			tests: "^TestBoughtIsAskedOfTheFirstPayment$", by: "orders/stripe",
		},
	}
}
