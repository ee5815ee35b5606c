// Package content holds what a product publishes and hears: posts in several
// languages, and the feedback of its users.
package content
