// Package users holds the people of a product: sign-up, look-up and referral.
//
// [Create] makes a user, gives them an invite code of their own and grants the
// sign-up credits, all in one transaction. [Get] finds one by uuid, email or
// invite code; [GetWithCredits] adds what they can spend.
//
// Every verb takes a bun.IDB. With a *bun.DB it opens its own transaction and
// retries it on transient errors; with a bun.Tx it takes part in the caller's,
// which stays usable after every error that the verb documents.
//
// Emails are stored trimmed and lower-cased, so that they are unique whatever
// the case they are typed in. Uuids and invite codes compare byte for byte.
package users
