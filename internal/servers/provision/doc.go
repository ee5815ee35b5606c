// Package provision reaches a server of each engine for one test run: from a
// URL in the environment, else in a container started by testcontainers-go
// (an official image where a registry answers, an image made from Debian's
// packages where none does), else from server programs that are installed on
// the machine. Everything listens on the loopback interface alone and is gone
// after [Run.Stop].
package provision
