// Package users is the people of a product: sign-up and sign-in, look-up,
// referral, statistics, and being forgotten.
//
//   - [Create] makes a user, gives them an invite code of their own and grants
//     the sign-up credits, in one transaction. [SignIn] does so for an OAuth
//     profile that is new, and finds the user of one that is not.
//   - [LinkIdentity], [UnlinkIdentity] and [ListIdentities] manage what signs a
//     user in.
//   - [Get] finds one by uuid, email or invite code; [GetWithCredits] adds what
//     they can spend. [List] and [Search] page through all.
//   - [Update] changes a user, [SetReferrer] says who brought them in, once.
//     [Referrals] lists whom a user brought in.
//   - [Count] and [SignUpsPerDay] count.
//   - [Delete] anonymises a user; chameleon.DeleteUser does so in every domain.
//
// Every verb takes a bun.IDB. With a *bun.DB it opens its own transaction and
// retries it on transient errors; with a bun.Tx it takes part in the caller's,
// which stays usable after every error that the verb documents.
//
// # Emails
//
// Emails are stored trimmed and lower-cased, so that they are unique whatever
// the case they are typed in. Uuids, invite codes and subjects compare byte for
// byte. The domain users.invalid is that of deleted users, and refused.
//
// Another program may have stored an email in mixed case. Get, SignIn, Create
// and Update find such a row by the very spelling it has, which is how an OAuth
// provider goes on spelling it. By another spelling they find it where the
// engine's column ignores case, as Drizzle's does on MySQL; on PostgreSQL they
// do not, and a second user with the same address in lower case is then
// possible until the old row's email is lower-cased, by Update or adoption.
//
// # Who joins whom
//
// An email opens a user's account to whoever proves that it is theirs, so both
// sides have to have proven it: the provider must vouch for the address of the
// profile that signs in, and the user must not have signed up with an address
// that nobody vouched for ([User].EmailUnverified). Otherwise a stranger could
// walk into the account of somebody else, or wait in one for its owner.
package users
