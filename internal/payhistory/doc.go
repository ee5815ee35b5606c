// Package payhistory makes up what customers do and a payment provider reports of
// it, tells it to a handler of webhooks in every order, and compares what is
// stored with a model of what each customer is owed.
//
// The lives and the model know no provider: a [Provider] turns what happened into
// its events. Prices, periods and credits are such that every share is a whole
// number, so that the model is exact.
package payhistory
