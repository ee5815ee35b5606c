package dburl

import (
	"regexp"
	"strings"
	"unicode"
)

// Clean removes white space and one or more pairs of quotes around a URL,
// which shells, .env files and dashboards leave behind.
func Clean(raw string) string {
	s := strings.TrimSpace(strings.TrimPrefix(raw, "\ufeff"))
	for len(s) >= 2 && s[0] == s[len(s)-1] && strings.IndexByte("\"'`", s[0]) >= 0 {
		s = strings.TrimSpace(s[1 : len(s)-1])
	}
	return s
}

// schemeForm is what may be shown in an error as an unknown scheme.
var schemeForm = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9+.:-]{0,31}$`)

// Split cleans raw and cuts it into its scheme, in lower case, and what
// follows the colon. It fails on an empty URL, on one without a scheme and on
// control characters.
func Split(raw string) (scheme, rest string, err error) {
	s := Clean(raw)
	if s == "" {
		return "", "", fail("empty: set DATABASE_URL to a URL such as postgresql://user:password@host:5432/database, " +
			"mysql://user:password@host:3306/database or sqlite://app.db")
	}
	if strings.IndexFunc(s, unicode.IsControl) >= 0 {
		return "", "", fail("holds a control character, perhaps a line break")
	}
	scheme, rest, found := strings.Cut(s, "://")
	if found && schemeForm.MatchString(scheme) {
		return strings.ToLower(scheme), "//" + rest, nil
	}
	// SQLite's URIs need no slashes: file:app.db, sqlite:app.db.
	scheme, rest, found = strings.Cut(s, ":")
	if scheme = strings.ToLower(scheme); found && (scheme == "file" || scheme == "sqlite") {
		return scheme, rest, nil
	}
	return "", "", fail("does not start with a scheme such as postgresql://, mysql:// or sqlite://")
}
