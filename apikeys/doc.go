// Package apikeys holds the keys with which users call a product's API.
//
// The column key holds the stored form of a key: "sha256:" and the key's
// SHA-256 in hexadecimal. Rows of an adopted database hold the key itself
// until it is hashed, in the same column, under the same uniqueness rule: one
// indexed read finds either. What a caller presents must therefore never be
// compared when it starts with "sha256:", or a stored hash would open the door
// that it guards.
package apikeys
