// Package dburl reads database URLs as they are pasted: passwords with any
// character in them, raw or percent-encoded, IPv6 hosts, Unix sockets, host
// lists, schemes in capitals, white space and quotes around the whole.
//
// net/url is not used, because it refuses characters that passwords have, and
// its errors print the password. No error of this package holds any part of
// the URL but its scheme.
package dburl
