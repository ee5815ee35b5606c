// Package charger lets concurrent charges share a commit.
//
// A commit costs a write to disk, and charges of one account wait for one another's.
// A [Charger] gathers the charges that come while a commit is under way and posts
// them together with the next ([credits.Post]). What comes while nothing is under
// way is not kept waiting: it is a group of one.
//
//	c, err := charger.New(charger.Params{DB: db})
//	…
//	op, err := c.Charge(ctx, credits.ChargeParams{UserUUID: user, Amount: 5, Key: key})
//	…
//	err = c.Shutdown(ctx)
//
// [Charger.Charge] is [credits.Charge] in all that a caller sees: the operation, its
// errors, keys and replays. It returns once the charge is committed, so a crash loses
// no charge that was acknowledged.
//
// # One caller and another
//
// Each charge of a group has its own outcome: one that is refused leaves the others as
// they are. A group that fails as a whole is repeated where the failure is transient;
// if it fails again its accounts go apart, each in a transaction of its own, and then
// the charges of an account. So one account that is locked, or broken, holds up its
// group for no longer than Params.Timeout, and the account that was found so goes on
// its own while its charges last.
//
// A caller whose context ends leaves at once. If its charge was not sent, nothing is
// stored, and the error is the *dialect.Error that [credits.Charge] returns then. If it
// was sent, it goes on for the sake of the group, and the error matches
// [dialect.ErrOutcomeUnknown]: the same call again, with the same Key, tells.
//
// # Where it does not fit
//
// The charges of a Charger run in transactions of its own, with a context of its own:
// values of the callers' contexts, such as traces, do not reach the database's hooks.
// What has to be in one transaction with a charge is for [credits.Charge].
package charger
