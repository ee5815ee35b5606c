// Package product generates the data of a product that sells credits, of any size: people
// who sign up or are invited, what they buy, subscribe to, generate, stream and get back,
// API keys, feedback and posts.
// It is for load tests, demonstrations, and trying queries on many rows.
//
//	report, err := product.Generate(ctx, db, product.Params{Seed: 1, Users: 10_000})
//
// Everything is written by the verbs that an application calls, so the ledger can be
// proved. Users are written one after the other and then forgotten, so that a large product
// takes time, but no more memory than a small one.
//
// The same Params make the same people, amounts, keys and times. What verbs draw
// themselves differs, such as the secrets of API keys and the uuids of posts.
package product
