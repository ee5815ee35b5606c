// Package payhistory makes up what customers do and a payment provider reports of
// it, tells it to a handler of webhooks in every order, and compares what is
// stored with a model of what each customer is owed.
//
// The lives and the model know no provider: a [Provider] turns what happened into
// its events. Prices, periods and credits are such that every share is a whole
// number, so that the model is exact.
//
// 28 histories an engine (CHAMELEON_TEST_HISTORIES) notice each of these in the code:
//   - no rebalance after a change of plans (Order.rebalance);
//   - a change to less that takes nothing (ProrateParams.fill), or whose credits a
//     later change takes again (stake.undo);
//   - money on the customer's balance that was given back and buys all the same
//     (balance.lose);
//   - a trial that is never cut short (Order.endTrial);
//   - a second payment that is not told from the first (payment.another);
//   - a refund before its payment that is forgotten (payment.settleRow);
//   - Creem's tax taken for the price (period.untaxed).
package payhistory
