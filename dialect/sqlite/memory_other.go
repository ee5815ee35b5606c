//go:build !unix

package sqlite

// Without file locks that end with their process, only the system can remove what a
// process leaves behind.

func sweepMemory(string) {}

func lockMemory(string) (unlock func()) { return func() {} }
