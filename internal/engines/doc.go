// Package engines says which database servers the tests run on. It holds the
// names of the environment variables that name servers, the description of a
// running server, and the lease by which parallel test binaries share the
// servers that one background process keeps for them.
//
// It starts nothing itself and links no container client, so that test
// binaries stay small: internal/engines/provision does that, and
// internal/cmd/testengines is the program around it.
package engines
