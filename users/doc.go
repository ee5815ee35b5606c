// Package users manages a product's users: sign-up and sign-in, look-up,
// referrals, statistics and erasure.
//
//   - [Create] creates a user with an invite code and grants the sign-up
//     credits, in one transaction. [SignIn] does the same for a new OAuth
//     profile, and finds the user of a known one.
//   - [LinkIdentity], [UnlinkIdentity] and [ListIdentities] manage the
//     identities that sign a user in.
//   - [Get] finds a user by uuid, email or invite code; [GetWithCredits] adds
//     what they can spend. [List] and [Search] page through all users.
//   - [Update] changes a user. [SetReferrer] records, once, who invited them,
//     and [Referrals] lists whom a user invited.
//   - [Count] and [SignUpsPerDay] are statistics.
//   - [Delete] anonymizes a user; chameleon.DeleteUser does so in every domain.
//
// Every verb takes a bun.IDB. With a *bun.DB it opens its own transaction and
// retries it on transient errors. With a bun.Tx it joins the caller's
// transaction, which stays usable after every documented error.
//
// A verb that posts to the ledger may also return the errors common to all verbs
// of credits: *credits.ClockError for a time too far ahead, *credits.LimitError,
// *credits.CollationError and *credits.CorruptError. Any verb may return a
// *dialect.NarrowColumnError for an adopted column that is too narrow.
//
// # Emails
//
// An email is stored trimmed, in Unicode normalization form C, with ASCII
// letters in lower case, other letters unchanged, and with its domain in
// Unicode rather than punycode. So é is one letter however it was typed, and
// xn--bcher-kva.example is bücher.example, but É is not é, and the Kelvin sign
// is not k. SMTP without SMTPUTF8 needs the domain encoded, as by
// golang.org/x/net/idna.
//
// Characters that are invisible or indistinguishable from others are refused
// with an *InvalidError that gives the code point: control and formatting
// characters, white space inside the address, variation selectors, fillers and
// blanks, unassigned code points, and compatibility forms (fullwidth,
// ligatures); in domains also whatever IDNA disallows, including capital letters
// outside ASCII. Look-alike letters of different scripts are not refused. Dots
// and +tags are part of an address, even though some hosts ignore them.
//
// Uuids, invite codes and subjects compare byte for byte. The domain
// users.invalid is reserved for users without an address, and refused.
//
// Another program may have stored an email in another form. Get, SignIn, Create and
// Update first look for the exact spelling, which is what an OAuth provider keeps
// sending, so that of two users whose addresses differ only in case each is found
// by their own. In any other case they find the oldest user that the original
// application of an adopted database wrote with that address ([User].Original), on
// every engine. Until [FoldEmails] has normalized those rows, looking up an address
// that nobody has costs an index scan over the emails of the original's users.
//
// # Who joins whom
//
// An email gives access to a user's account to anyone who proves that they own
// it, so both sides must have proven it: the provider must vouch for the address
// of the profile that signs in, and the user must not have signed up with an
// unverified address ([User].EmailUnverified). Otherwise an attacker could sign
// in to another person's account, or create an account and wait for the
// address's owner to join it.
//
// Also, the profile must not be of a provider that already signs the user in. One
// account at a provider is one person; a second account with the same address
// belongs to someone who was given the address after the first person left. It
// never joins automatically: SignIn fails with *EmailConflictError, and the
// product decides. An unlinked identity still counts: it may join again by its
// email, and no other identity of its provider may.
//
// An unverified address is reserved, not owned. It is refused to others who have
// not verified it either. Whoever verifies it takes it over, by SignIn with a
// verified email, by Create or by Update, and the result names the displaced user.
// The new owner gets a user of their own and nothing of the displaced user's, no
// identity, key or credits, because somebody else may have created that user. What
// the application keeps per user (passwords, sessions) is found by uuid, and so
// stays with the displaced user. A person who is both should sign in as the
// displaced user and call LinkIdentity first.
//
// # Welcome credits, once
//
// A new user starts with 100 credits, or with WelcomeCredits, or with none if
// NoWelcomeCredits is set.
//
// A person who is deleted and signs up again is a new user and gets welcome
// credits again, because nothing is left to recognize them by. If that is abused,
// give [Create] and [SignIn] a WelcomeKey. The table welcome_claims then keeps a
// time and keyed hashes (HMAC-SHA-256) of the identity and the email of each
// sign-up that got credits, but no user, and nothing that leads to one without the
// key. A later sign-up with either of them creates a user without the credits.
//
// This is off by default, applies from the first sign-up with the key, and
// outlives [Delete]: whoever has the key can tell whether a known address has had
// the credits. Where the law grants a right to erasure, this is data kept to
// prevent fraud, which has to be disclosed and kept for a limited time: delete
// rows by created_at. Keep the key apart from the database. A new key does not
// recognize claims made with the old one.
//
// The claim of an unverified address applies to unverified sign-ups only, so that
// nobody can use up the owner's credits: an address gets them at most twice, once
// unverified and once verified.
package users
