package main

import "github.com/chameleon-go/chameleon/dialect"

// changeMutations let a change of a subscription buy or take what it should not.
func changeMutations() []mutation {
	return []mutation{
		{
			name: "no-rebalance", breaks: "a change of plans takes nothing of the period that it ends",
			at: "orders", file: "rebalance_apply.go", old: "return n > 0, err", new: "return n < 0, err",
			engine: dialect.SQLite, tests: "^TestChangeIntoANewPeriod$", by: "orders/creem",
		},
		{
			name: "rebalance-one-way", breaks: "the refund of a change leaves what the change took",
			at: "orders", file: "rebalance.go", old: "moves := part\n", new: "moves := s.o.left(into.o.PeriodStart)\n",
			engine: dialect.SQLite, tests: "^TestChangeIntoANewPeriod$", by: "orders/creem",
		},
		{
			name: "prorate-whole", breaks: "a change within a period buys the whole period again",
			at: "orders", file: "change_within.go", old: "sum.Sub(sum, r.orders[i].buys(r.from, r.until))", new: "_ = r.orders[i]",
			engine: dialect.SQLite, tests: "^TestChangeWithinAPeriod$|^TestSeatsAddedTwiceInAPeriod$", by: "orders/creem",
		},
		{
			name: "months-at-once", breaks: "a change within a year that is paid out monthly grants the difference once",
			at: "orders", file: "change_within.go", old: "m.Each = o.Grants > 0 && p.grants(first) > 0;", new: "m.Each = o.Grants < 0;",
			engine: dialect.SQLite, tests: "^TestChangeWithinAYearThatIsPaidOutMonthly$", by: "orders/creem",
		},
		{
			name: "later-first", breaks: "of two changes of a year's months the one that is told first buys what the other does, too",
			at: "orders", file: "measure_again.go", old: "if m.Beyond != nil {", new: "if m.Each {\n\t\t\tcontinue\n\t\t}\n\t\tif m.Beyond != nil {",
			engine: dialect.SQLite, tests: "^TestChangesWithinAYearToldInAnyOrder$", by: "orders/creem",
		},
		{
			name: "usage-is-surplus", breaks: "what was used in a paid period and is billed apart is taken for a second payment of it",
			at: "orders", file: "usage.go", old: "(row == nil || row.OrderNo != o.OrderNo), err", new: "(row != nil && row.OrderNo != o.OrderNo), err",
			engine: dialect.SQLite, tests: "^TestUsageInAPaidPeriod$", by: "orders/stripe",
		},
		{
			name: "old-end", breaks: "the credits of a period whose end is moved keep the old one",
			at: "orders", file: "period_move.go", old: "s.PeriodEnd.Sub(o.PeriodEnd).Abs() > regrantOver", new: "s.PeriodEnd.Sub(o.PeriodEnd).Abs() < 0",
			engine: dialect.SQLite, tests: "^TestEndOfARenewalIsMoved$", by: "orders/creem",
		},
		{
			name: "carried-kept", breaks: "a period that granted fewer credits, which is told after they were carried over, takes none of them",
			at: "orders", file: "count_again.go", old: "was, o.takes(on, o.RefundedCredits), at, ahead)", new: "was, was, at, ahead)",
			engine: dialect.SQLite, tests: "^TestAPeriodIsCorrectedAfterItWasCarriedOn$",
		},
		{
			name: "carried-late", breaks: "credits that a renewal would have carried over, had they been known, are lost",
			at: "orders", file: "keep_more.go", old: "if on == nil || net <= on.least {", new: "if on == nil || net >= 0 {",
			engine: dialect.SQLite, tests: "^TestAPeriodIsCorrectedAfterItWasCarriedOn$",
		},
		{
			name: "carried-beyond", breaks: "credits that are known late are carried over beyond the maximum",
			at: "orders", file: "carried_on.go", old: "max(l.by.CarryOver-kept-grown, 0)", new: "max(l.by.CarryOver, kept-grown, 0)",
			engine: dialect.SQLite, tests: "^TestAPeriodIsCorrectedAfterItWasCarriedOn$",
		},
		{
			name: "carried-between", breaks: "credits that were given back between two renewals, and come back, are lost",
			at: "orders", file: "carried_on.go", old: "l.net = o.inLedger() - on.claws.before(seq)", new: "l.net = o.inLedger()",
			engine: dialect.SQLite, tests: "^TestCarriedOverInAnyOrder$",
		},
		{
			name: "carried-sooner", breaks: "a renewal makes credits expire sooner that outlive it",
			at: "orders", file: "renewal.go", old: "return o.lotEnd().After(by.lotEnd())", new: "return by.lotEnd().IsZero()",
			engine: dialect.SQLite, tests: "^TestCarriedOverInAnyOrder$",
		},
		{
			name: "carried-instead", breaks: "a longer period that is told after a shorter one does not keep what that had kept",
			at: "orders", file: "keep_more.go", old: "if err != nil || over || o.CarriedFrom == \"\" {", new: "if err != nil || over || o.SubID != \"\" {",
			engine: dialect.SQLite, tests: "^TestCarriedOverInAnyOrder$",
		},
		{
			name: "carried-alive", breaks: "what the last renewal does not keep of credits that are known late is lost while the one before lives",
			at: "orders", file: "carried_on.go", old: "on.bounds = last\n", new: "on.bounds = last + 1\n",
			engine: dialect.SQLite, tests: "^TestCarriedOverInAnyOrder$",
		},
		{
			name: "carried-missed", breaks: "what a period turned out to grant once it was over is not carried over by a renewal that is told after that",
			at: "orders", file: "renewal.go", old: "c.missed = c.regrants != nothing &&", new: "c.missed = c.regrants == nothing &&",
			engine: dialect.SQLite, tests: "^TestCarriedOverInAnyOrder$",
		},
		{
			name: "carried-month", breaks: "a month that is paid out after the renewal is not carried over",
			at: "orders", file: "settle.go", old: "if p.carry != nil || o.PartOf != \"\" {", new: "if p.carry != nil {",
			engine: dialect.SQLite, tests: "^TestAMonthIsPaidOutAfterTheRenewal$",
		},
		{
			name: "carried-less", breaks: "a longer period keeps more than its maximum of what a shorter one had kept",
			at: "orders", file: "keep_more.go", old: "less := max(has-o.CarryOver, 0)", new: "less := max(-o.CarryOver, 0)",
			engine: dialect.SQLite, tests: "^TestCarriedOverInAnyOrder$",
		},
		{
			name: "over-regranted", breaks: "a period that is corrected after its end pays debts that it has nothing to do with",
			at: "orders", file: "regrant.go", old: "\tif over {", new: "\tif over && amount < 0 {",
			engine: dialect.SQLite, tests: "^TestAPeriodThatIsOverPaysNoDebt$",
		},
		{
			name: "moved-past", breaks: "an end of a period that is told once it has passed leaves what was spent as debt",
			at: "orders", file: "regrant.go", old: "if !r.ended.IsZero() {", new: "if r.at.IsZero() {",
			engine: dialect.SQLite, tests: "^TestAnEndThatIsToldOnceItHasPassed$",
		},
		{
			name: "change-first", breaks: "a change within a period that is told before the period's payment buys the whole period",
			at: "orders", file: "renew.go", old: "\tif early {", new: "\tif early && o == nil {",
			engine: dialect.SQLite, tests: "^TestAChangeWaitsForItsPeriod$", by: "orders/creem",
		},
		{
			name: "change-first-of-all", breaks: "a change within the first period that is told before its payment pays the order",
			at: "orders/creem", file: "bill.go", old: "if ordered ||", new: "if ordered || list > 0 ||",
			engine: dialect.SQLite, tests: "^TestAChangeWaitsForItsPeriod$",
		},
		{
			name: "balance-of-one", breaks: "money of the customer's balance that was given back buys with another subscription",
			at: "orders", file: "rebalance_balance.go", old: "if !apart || !changed {", new: "if apart || !changed {",
			engine: dialect.SQLite, tests: "^TestMoneyOfTheBalanceIsFollowed$", by: "orders/stripe",
		},
		{
			name: "any-currency", breaks: "a part of a period buys what its number does at a price in another currency",
			at: "orders", file: "measure.go", old: "paid.Currency == first.Currency ||", new: "paid.Currency != \"\" ||",
			engine: dialect.SQLite, tests: "^TestBillsInAnotherCurrency$", by: "orders/stripe",
		},
		{
			name: "unnamed-refund", breaks: "the refund of a payment that no invoice names yet is the order's that its metadata names",
			at: "orders", file: "payment_match.go", old: "err != nil || waits {", new: "err != nil || waits && o == nil {",
			engine: dialect.SQLite, tests: "^TestASecondInvoiceIsSurplus$", by: "orders/stripe",
		},
	}
}

// paymentMutations let a payment buy more than it paid for, or a refund take back
// something else.
func paymentMutations() []mutation {
	return []mutation{
		{
			name: "no-surplus", breaks: "a second payment of an order is not told from the first",
			at: "orders", file: "payment_claim.go", old: "return p.ref != o.PayRef, nil", new: "return false, nil",
			engine: dialect.SQLite, tests: "^TestASecondPaymentIsSurplus$",
		},
		{
			name: "no-second-invoice", breaks: "a second payment without a name is not told from the first",
			at: "orders", file: "payment_invoice.go", old: "other.Invoice != invoice && other.PartOf", new: "other.Invoice == invoice && other.PartOf",
			engine: dialect.SQLite, tests: "^TestASecondCheckoutIsSurplus$", by: "orders/creem",
		},
		{
			name: "months-go-on", breaks: "time that is given back of a year that is paid out monthly leaves its months",
			at: "orders", file: "prorate_monthly.go", old: "sum.Add(sum, part.Mul(part, c.share))", new: "_ = c.share",
			engine: dialect.SQLite, tests: "^TestMonthsAreCutOff$",
		},
		{
			name: "other-provider", breaks: "an order that another provider is paid for stays the first one's, and its refunds find nothing",
			at: "orders", file: "pay.go", old: "o.PayType = p.of(o)", new: "_ = p.of(o)",
			engine: dialect.SQLite, tests: "^TestAnotherProvidersRefund$",
		},
		{
			name: "trial-as-ordered", breaks: "the first payment after a trial buys what was ordered, whatever plan it is for",
			at: "orders", file: "trial_switch.go", old: "case list == 0, list == ordered, worth == ordered:", new: "case list == 0, list == ordered, worth == ordered, true:",
			engine: dialect.SQLite, tests: "^TestPlanChangedInTheTrial$", by: "orders/creem",
		},
		{
			name: "refund-by-number", breaks: "a refund goes by the order that its metadata names, not by its payment",
			at: "orders", file: "payment_match.go", old: "if r.payRef == \"\" {", new: "if r.payRef == \"\" || r.orderNo != \"\" {",
			engine: dialect.SQLite, tests: "^TestASecondPaymentIsSurplus$|^TestARefundBeforeItsRenewal$",
		},
		{
			name: "part-as-whole", breaks: "the refund of a part of an invoice takes what the whole bought",
			at: "orders", file: "payment_part.go", old: "pm.Gross > 0 && pm.Gross < o.Paid()", new: "pm.Gross > 0 && pm.Gross > o.Paid()",
			engine: dialect.SQLite, tests: "^TestPaymentsOfOneInvoice$",
		},
		{
			name: "notes-of-money", breaks: "a credit note leaves what the customer's balance paid of its bill granted",
			at: "orders", file: "given_back.go", old: "b.balance = min(max(money+notes.refunded()-paid, 0), o.FromBalance)", new: "_ = money",
			engine: dialect.SQLite, tests: "^TestCreditNotesOfWhatTheBalancePaid$", by: "orders/stripe",
		},
		{
			name: "balance-as-money", breaks: "what the customer's balance paid of a session is revenue, where the session is told first",
			at: "orders", file: "payment_shared.go", old: "return p.balance > 0 && p.paid", new: "return p.balance < 0 && p.paid",
			engine: dialect.SQLite, tests: "^TestSessionThatTheBalanceShares$", by: "orders/stripe",
		},
		{
			name: "free-as-trial", breaks: "a price of nothing is read as a trial",
			at: "orders/stripe", file: "lines.go", old: "return o.Amount > 0, nil", new: "return o.Amount >= 0, nil",
			engine: dialect.SQLite, tests: "^TestFreePrices$",
		},
		{
			name: "balance-refunded", breaks: "the refund of a payment takes what the customer's balance bought",
			at: "orders", file: "reversal_apply.go", old: "o.Paid()+o.FromBalance)", new: "o.Paid())",
			engine: dialect.SQLite, tests: "^TestPaymentsOfOneInvoice$",
		},
	}
}
