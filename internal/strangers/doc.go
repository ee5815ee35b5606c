// Package strangers holds tests of all domains together: that verbs for one user
// never wait for a transaction about another one, and that reads lock nothing.
package strangers
