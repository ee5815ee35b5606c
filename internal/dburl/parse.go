package dburl

import (
	"strings"
)

const encodeHint = "percent-encode special characters: @ is %40, / is %2F, ? is %3F, # is %23"

// Parse reads the URL of a database server. Its errors are *dialect.InvalidError and
// hold no part of the URL.
//
// A password may hold any character raw as long as only one reading is left:
// the last @ ends it. Where an earlier @, or no @ at all, would make a URL
// too, Parse refuses rather than take a part of a password for a host.
func Parse(raw string) (*URL, error) {
	scheme, rest, err := Split(raw)
	if err != nil {
		return nil, err
	}
	rest = strings.TrimPrefix(rest, "//")
	at, err := userinfoEnd(rest)
	if err != nil {
		return nil, err
	}
	u := &URL{Scheme: scheme}
	if at >= 0 {
		if err := u.readUserinfo(rest[:at]); err != nil {
			return nil, err
		}
	}
	if err := u.readTail(rest[at+1:]); err != nil {
		return nil, err
	}
	return u, nil
}

// userinfoEnd returns the index of the @ that ends user and password, or -1
// when there are none.
func userinfoEnd(rest string) (int, error) {
	at := strings.LastIndexByte(rest, '@')
	if at < 0 || strings.HasPrefix(rest, "/") || strings.HasPrefix(rest, "?") {
		return -1, nil // nothing before the path: an @ stands in a parameter
	}
	if isTail(rest) {
		return 0, fail("can be read in two ways: %s", encodeHint)
	}
	for i := range at {
		if rest[i] == '@' && isTail(rest[i+1:]) {
			return 0, fail("can be read in two ways: %s", encodeHint)
		}
	}
	return at, nil
}

func isTail(s string) bool { return new(URL).readTail(s) == nil }

// readUserinfo reads "user:password". The first colon divides them.
func (u *URL) readUserinfo(s string) error {
	user, password, _ := strings.Cut(s, ":")
	if strings.ContainsAny(user, "/?#[]") {
		return fail("holds / ? # [ or ] before the host, in the user name: %s", encodeHint)
	}
	u.User, u.Password = decode(user), decode(password)
	if strings.IndexByte(u.User+u.Password, 0) >= 0 {
		return fail("holds a NUL byte in the user or password")
	}
	if isPlaceholder(u.Password) {
		return fail("still has a placeholder where the password belongs")
	}
	return nil
}

// readTail reads "hosts/path?params".
func (u *URL) readTail(s string) error {
	if strings.IndexByte(s, '#') >= 0 {
		return fail("holds a #: %s", encodeHint)
	}
	s, query, _ := strings.Cut(s, "?")
	hosts, path, _ := strings.Cut(s, "/")
	path = strings.TrimSuffix(path, "/")
	if strings.ContainsAny(path, "@/") {
		return fail("holds / or @ in the database name: %s", encodeHint)
	}
	if u.Path = decode(path); strings.IndexByte(u.Path, 0) >= 0 {
		return fail("holds a NUL byte in the database name")
	}
	if err := u.readHosts(hosts); err != nil {
		return err
	}
	params, err := ParseQuery(query)
	u.Params = params
	return err
}

// isPlaceholder recognizes what dashboards print in place of the password.
func isPlaceholder(password string) bool {
	p := strings.Trim(strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(password)), "[]<>{}*")
	return p == "yourpassword" || p == "yourdbpassword" || (p == "" && len(password) >= 3 && strings.Trim(password, "*") == "")
}
