package dburl

import (
	"strings"

	"github.com/chameleon-go/chameleon/internal/valid"
)

// Field is what errors call the URL: the name of the variable that usually
// holds it.
const Field = "DATABASE_URL"

// URL is a database URL, taken apart and decoded.
type URL struct {
	// Scheme in lower case, without "://".
	Scheme string
	// User and Password are exact: decoded when they were percent-encoded.
	User     string
	Password string
	// Hosts is empty when the URL names no host.
	Hosts []Host
	// Path is what follows the first slash after the hosts: the database.
	Path string
	// Params in the order they stand.
	Params []Param
}

// Host is one of the servers that a URL names.
type Host struct {
	// Name is a host name, an IP address without brackets, or the absolute
	// path of a socket directory.
	Name string
	// Port is 0 where the URL does not say.
	Port uint16
}

// Param is one parameter, decoded.
type Param struct{ Key, Value string }

// String names the URL's parts except the user, the password and parameters,
// which may hold secrets.
func (u *URL) String() string {
	names := make([]string, 0, len(u.Hosts))
	for _, h := range u.Hosts {
		names = append(names, h.Name)
	}
	return u.Scheme + "://" + strings.Join(names, ",") + "/" + u.Path
}

// GoString keeps %#v from printing the password.
func (u *URL) GoString() string { return u.String() }

func fail(format string, args ...any) error { return valid.Failf(Field, format, args...) }
