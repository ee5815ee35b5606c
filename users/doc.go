// Package users manages a product's users: sign-up and sign-in, look-up,
// referrals, statistics and erasure.
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
// A verb that posts to the ledger may also return the errors common to all verbs
// of credits: *credits.ClockError for a time too far ahead, *credits.LimitError,
// *credits.CollationError and *credits.CorruptError. Any verb may return a
// *dialect.NarrowColumnError for an adopted column that is too narrow.
//
// # Emails
//
// An email is stored trimmed, composed (Unicode's NFC), with ASCII letters in
// lower case and no others folded, and with its domain in Unicode rather than
// punycode: é is one letter however it was typed, xn--bcher-kva.example is
// bücher.example, and É is not é, as K for Kelvin is no k. SMTP without
// SMTPUTF8 wants the domain as golang.org/x/net/idna encodes it.
//
// What a reader cannot see or cannot tell from something else is refused with an
// *InvalidError that names the character by its number: control and formatting
// characters, white space inside, variation selectors, fillers and blanks, what
// Unicode has not assigned, and compatibility forms (fullwidth, ligatures), in
// domains also what IDNA does not allow, capital letters outside ASCII included.
// Letters of different scripts that look alike are not refused. Dots and +tags
// are part of an address, though some hosts ignore them.
//
// Uuids, invite codes and subjects compare byte for byte. The domain
// users.invalid is that of users without an address, and refused.
//
// Another program may have stored an email in another form. Get, SignIn, Create
// and Update find such a row first of all by the very spelling it has, which is
// how an OAuth provider goes on spelling it, so that of two users whose addresses
// differ by case each is found by their own. By any other case they find the oldest
// user that the original application of an adopted database wrote with it
// ([User].Original), on every engine. Until [FoldEmails] has given those rows their
// stored form, an address that nobody has costs a look through the emails of the
// original's users, in an index.
//
// # Who joins whom
//
// An email opens a user's account to whoever proves that it is theirs, so both
// sides have to have proven it: the provider must vouch for the address of the
// profile that signs in, and the user must not have signed up with an unverified
// address ([User].EmailUnverified). Otherwise somebody could sign in to another
// person's account, or create an account and wait for its owner to join it.
//
// And the profile must be of another provider than those that sign the user in.
// One account at a provider is one person; a second one with the same address
// belongs to the person who was given the address after the first one left. It
// never joins by itself: SignIn fails with *EmailConflictError, and the product
// decides. An unlinked identity still counts: it may join again by its email, and
// no other identity of its provider may.
//
// An unverified address is reserved, not owned. It is refused to other people who
// have not verified it either. Whoever verifies it takes it over, by SignIn with a
// verified email, by Create or by Update, and the result names the user who was
// displaced. They get a user of their own and nothing of the other user's: no
// identity, key or credits, because somebody else may have created that user.
// What the application keeps for a user (passwords, sessions) is found by the
// uuid, and so stays with the displaced user. A person who is both signs in as the
// displaced user and calls LinkIdentity first.
//
// # Welcome credits, once
//
// A new user starts with 100 credits, with WelcomeCredits of them, or with none
// where NoWelcomeCredits is set.
//
// A person who is deleted and signs up again is a new user, with welcome credits
// again, because nothing is left to know them by. Where that is abused, give
// [Create] and [SignIn] a WelcomeKey. The table welcome_claims then keeps a keyed
// hash (HMAC-SHA-256) of the identity and of the email that each sign-up's credits
// went to, and a time; no user, and nothing that leads to one without the key. A
// sign-up with either of the two makes a user without the credits.
//
// It is off unless asked for, counts from the first sign-up with the key, and
// outlives [Delete]: who has the key can tell whether a known address has had the
// credits. Where a law grants erasure, that is data kept to prevent fraud, to be
// stated and kept for a bounded time: delete rows by created_at. Keep the key
// apart from the database. Another key knows none of the claims of the one before.
//
// The claim of an unverified address holds for unverified sign-ups only, so that
// nobody can use up the credits of its owner: an address brings them at most twice,
// once unverified and once verified.
package users
