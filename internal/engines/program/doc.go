// Package program runs server programs for tests: under an unprivileged
// account where this process is root's, and with an end that does not leave
// them behind. It works on Unix systems.
package program
