package postgres

import (
	"context"
	"net/netip"
	"os/user"
	"strings"

	"github.com/chameleon-go/chameleon/internal/dburl"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// places are the servers as libpq's parameters name them, beside those that
// stand in the URL's own place. Each is a list; they are put together once all
// parameters are read, because they may stand in any order.
type places struct {
	hosts     []dburl.Host // host=
	addresses []string     // hostaddr=
	ports     []uint16     // port=; 0 is the default
}

// placeParam takes parameters that libpq allows in place of the URL's parts.
func (r *reader) placeParam(key string, p dburl.Param) (done bool, err error) {
	switch key {
	case "host":
		err = r.places.takeHosts(p)
	case "hostaddr":
		err = r.places.takeAddresses(p)
	case "port":
		err = r.places.takePorts(p)
	case "user":
		r.url.User = p.Value
	case "password":
		r.url.Password = p.Value
	case "dbname", "database":
		r.url.Path = p.Value
	case "target_session_attrs", "targetservertype":
		r.attrs = attrs(p.Value)
	default:
		return false, nil
	}
	return true, err
}

// attrs is a word for target_session_attrs; JDBC has words of its own.
func attrs(word string) string {
	switch strings.ToLower(word) {
	case "master":
		return "primary"
	case "secondary", "slave":
		return "standby"
	case "prefersecondary", "preferslave":
		return "prefer-standby"
	}
	return word
}

// takeHosts reads "a,b,/var/run/x,::1" and, as other drivers write it, "a:5433".
func (l *places) takeHosts(p dburl.Param) error {
	if p.Value == "" {
		return nil
	}
	l.hosts = nil
	for name := range strings.SplitSeq(p.Value, ",") {
		h := dburl.Host{Name: name}
		if _, err := netip.ParseAddr(name); err != nil && !h.IsSocket() && !strings.HasPrefix(name, "@") {
			if h, err = dburl.ParseHost(name); err != nil {
				return p.Refuse("holds a name that is not a host's")
			}
		}
		l.hosts = append(l.hosts, h)
	}
	return nil
}

func (l *places) takeAddresses(p dburl.Param) error {
	if p.Value == "" {
		return nil
	}
	l.addresses = strings.Split(p.Value, ",")
	for _, address := range l.addresses {
		if _, err := netip.ParseAddr(address); err != nil {
			return p.Refuse("is not an IP address, or a list of them")
		}
	}
	return nil
}

func (l *places) takePorts(p dburl.Param) error {
	l.ports = nil
	for text := range strings.SplitSeq(p.Value, ",") {
		var port uint16
		if text != "" { // libpq: the default
			var err error
			if port, err = dburl.ParsePort(text); err != nil {
				return err
			}
		}
		l.ports = append(l.ports, port)
	}
	return nil
}

// settlePlaces puts together what the URL's own place and its parameters say
// about servers, user and database, and fills in what both leave out, as libpq
// does.
func (r *reader) settlePlaces() error {
	hosts, err := r.places.join(r.url.Hosts)
	if err != nil {
		return err
	}
	for _, h := range hosts {
		if h.Name == "" {
			h.Name = "localhost"
		}
		if h.Port == 0 {
			h.Port = DefaultPort
		}
		r.hosts, r.ports = append(r.hosts, h.Name), append(r.ports, h.Port)
	}
	if r.url.User == "" {
		if u, err := user.Current(); err == nil {
			r.url.User = u.Username
		}
	}
	if r.url.Path == "" {
		r.url.Path = r.url.User
	}
	return nil
}

// join names the servers. A name in host= replaces the URL's and keeps its
// port, unless one of host= or port= says otherwise; hostaddr= alone names the
// servers too.
func (l *places) join(inURL []dburl.Host) ([]dburl.Host, error) {
	hosts := l.hosts
	switch {
	case hosts != nil:
	case len(inURL) > 0:
		hosts = append(hosts, inURL...)
	case l.addresses != nil:
		for _, address := range l.addresses {
			hosts = append(hosts, dburl.Host{Name: address})
		}
	default:
		hosts = []dburl.Host{{}}
	}
	if err := spread(hosts, portsOf(inURL), false); err != nil {
		return nil, err
	}
	if err := spread(hosts, l.ports, true); err != nil {
		return nil, err
	}
	return hosts, l.checkAddresses(hosts)
}

func portsOf(hosts []dburl.Host) (ports []uint16) {
	for _, h := range hosts {
		ports = append(ports, h.Port)
	}
	return ports
}

// spread gives hosts their ports: one for all, or as many as there are hosts.
func spread(hosts []dburl.Host, ports []uint16, override bool) error {
	if len(ports) > 1 && len(ports) != len(hosts) {
		return valid.Failf(dburl.Field, "has %d ports for %d hosts: give one for all of them, or one for each",
			len(ports), len(hosts))
	}
	for i := range hosts {
		if len(ports) > 0 && (override || hosts[i].Port == 0) {
			hosts[i].Port = ports[min(i, len(ports)-1)]
		}
	}
	return nil
}

func (l *places) checkAddresses(hosts []dburl.Host) error {
	if l.addresses == nil {
		return nil
	}
	if len(l.addresses) != len(hosts) {
		return valid.Failf(dburl.Field, "has %d addresses in hostaddr for %d hosts", len(l.addresses), len(hosts))
	}
	for i := range hosts {
		if hosts[i].IsSocket() {
			return valid.Failf(dburl.Field, "has an address in hostaddr for a host that is a socket")
		}
		if hosts[i].Name == "" {
			hosts[i].Name = l.addresses[i]
		}
	}
	l.hosts = hosts
	return nil
}

// lookup returns the function that finds a host's addresses: hostaddr= where
// the URL has one, so that TLS still asks for the host's name, or else the
// resolver.
func (l *places) lookup(resolve func(context.Context, string) ([]string, error)) func(context.Context, string) ([]string, error) {
	if l.addresses == nil {
		return resolve
	}
	known := make(map[string][]string, len(l.hosts))
	for i, h := range l.hosts {
		known[h.Name] = append(known[h.Name], l.addresses[i])
	}
	return func(_ context.Context, host string) ([]string, error) { return known[host], nil }
}
