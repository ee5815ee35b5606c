package dburl

import (
	"net/netip"
	"strconv"
	"strings"
	"unicode"
)

// readHosts reads "host:port,host:port".
func (u *URL) readHosts(s string) error {
	if s == "" {
		return nil
	}
	for part := range strings.SplitSeq(s, ",") {
		h, err := ParseHost(part)
		if err != nil {
			return err
		}
		u.Hosts = append(u.Hosts, h)
	}
	return nil
}

// ParseHost reads "host", "host:port", "[::1]:port" or ":port".
func ParseHost(s string) (Host, error) {
	var h Host
	var port string
	var hasPort bool
	if after, ok := strings.CutPrefix(s, "["); ok {
		name, rest, closed := strings.Cut(after, "]")
		name = decode(name)
		if addr, err := netip.ParseAddr(name); !closed || err != nil || !addr.Is6() {
			return h, fail("holds an IPv6 address that cannot be read")
		}
		if port, hasPort = strings.CutPrefix(rest, ":"); !hasPort && rest != "" {
			return h, fail("holds something between the IPv6 address and the port")
		}
		h.Name = name
	} else {
		var name string
		name, port, hasPort = strings.Cut(s, ":")
		if h.Name = decode(name); !isHostName(h.Name) {
			return h, fail("has no host that can be read after the user and password: %s", encodeHint)
		}
	}
	if !hasPort || port == "" {
		return h, nil
	}
	n, err := ParsePort(port)
	h.Port = n
	return h, err
}

// ParsePort reads a port number from 1 to 65535.
func ParsePort(s string) (uint16, error) {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil || n == 0 || s[0] == '+' {
		return 0, fail("has a port that is not a number from 1 to 65535 "+
			"(an IPv6 host needs brackets; %s)", encodeHint)
	}
	return uint16(n), nil
}

// isHostName reports whether s may be a host: a name or address, an absolute
// path to a socket, or empty for the default.
func isHostName(s string) bool {
	if strings.HasPrefix(s, "/") || strings.HasPrefix(s, "@/") {
		return strings.IndexFunc(s, unicode.IsControl) < 0
	}
	for _, r := range s {
		if r != '.' && r != '-' && r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return false
		}
	}
	return true
}

// IsSocket reports whether h is the path of a Unix socket or its directory.
func (h Host) IsSocket() bool { return strings.HasPrefix(h.Name, "/") }
