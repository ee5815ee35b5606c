// Package charger lets concurrent charges share a commit.
//
// A commit costs a disk write, and charges of one account wait for each other's
// commits. A [Charger] gathers the charges that arrive while a commit is under way
// and posts them together in the next one ([credits.Post]). A charge that arrives
// while nothing is under way does not wait: it is a group of one.
//
//	c, err := charger.New(charger.Params{DB: db})
//	…
//	op, err := c.Charge(ctx, credits.ChargeParams{UserUUID: user, Amount: 5, Key: key})
//	…
//	err = c.Shutdown(ctx)
//
// To its caller, [Charger.Charge] is [credits.Charge]: the same operation, errors,
// keys and replays. It returns once the charge is committed, so a crash loses no
// acknowledged charge.
//
// # One caller and another
//
// Each charge of a group has its own outcome; a refused one does not affect the
// others. A group that fails as a whole is retried if the failure is transient. If it
// fails again, it is split: first each account gets a transaction of its own, then
// each charge. So a locked or broken account holds up its group for no longer than
// Params.Timeout, and is then handled separately as long as charges for it keep
// coming.
//
// A caller whose context ends returns at once. If its charge had not been sent,
// nothing is stored, and the error is the *dialect.Error that [credits.Charge] would
// return. If it had been sent, it continues with its group, and the error matches
// [dialect.ErrOutcomeUnknown]: repeat the call with the same Key to find out.
//
// # Where it does not fit
//
// A Charger posts in transactions and with a context of its own: values of the
// callers' contexts, such as trace spans, do not reach query hooks. If other work has
// to be in the same transaction as a charge, use [credits.Charge].
package charger
