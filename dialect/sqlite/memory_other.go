//go:build !unix

package sqlite

// Where files have no locks that end with their process, what a process leaves behind
// is for the system to remove.

func sweepMemory(string) {}

func lockMemory(string) (unlock func()) { return func() {} }
