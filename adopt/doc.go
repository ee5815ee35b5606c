// Package adopt takes over a database that the original application made and is
// still writing to: docs/adopting.md is the guide.
//
// Verbs take over an account when they meet it. [Run] does it for all accounts, in
// small transactions, beside both applications. It can be stopped at any moment and
// started again: what is done is not found any more. With DryRun it writes nothing
// and reports what it would do.
package adopt
