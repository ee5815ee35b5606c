// Package cli is the chameleon command, apart from the process: a run of it takes
// its arguments, streams and environment from the caller, so that tests run it
// without starting a program.
package cli
