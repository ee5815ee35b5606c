package store

import (
	"hash/maphash"
	"math/rand/v2"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// callSeed makes call ids of one process unlike another's.
var callSeed = maphash.MakeSeed() //nolint:gochecknoglobals // a process is what addresses are unique in

// CallWithin numbers a call in a caller's transaction. Calls of one transaction
// have the upper half in common, by which it tells its own entries from others'.
// That those of another transaction have it by chance does no harm: then more
// is read.
func CallWithin(tx bun.Tx) int64 {
	half := maphash.Comparable(callSeed, dialect.TransactionOf(tx)) >> 33
	return int64(half<<32 | uint64(1+rand.Uint32N(1<<32-1))) //nolint:gosec // 63 bits
}

// SameTransaction reports whether two calls may be of one transaction.
func SameTransaction(a, b int64) bool { return a>>32 == b>>32 }
