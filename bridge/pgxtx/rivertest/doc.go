// Package rivertest tries package pgxtx with River: jobs and what they cost in one
// commit. It is a module of its own, so that River is in no go.sum but this one's.
package rivertest
