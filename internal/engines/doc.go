// Package engines says which database servers the tests run on. It holds the
// names of the environment variables that name servers, and the description of a
// running server.
//
// It starts nothing: the module internal/servers does that, so that a container
// client is no dependency of this one. Its program testengines runs a command with
// the variables set.
package engines
