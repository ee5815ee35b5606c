package dburl

import "strings"

// maxShownPath is the longest path that is shown. A key in place of one is longer.
const maxShownPath = 128

// Unreadable returns the error for a file that p names and that cannot be used. A path
// helps whoever reads the error; a certificate or a private key that somebody pasted
// in its place is not shown.
func (p Param) Unreadable(why string) error {
	if len(p.Value) > maxShownPath || strings.ContainsAny(p.Value, "\r\n") || strings.Contains(p.Value, "-----") {
		return fail("parameter %s holds something else than the path of a file", p.Key)
	}
	return fail("parameter %s names the file %s, which %s", p.Key, p.Value, why)
}
