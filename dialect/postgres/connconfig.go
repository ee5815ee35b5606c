package postgres

import (
	"errors"
	"io/fs"
	"maps"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/chameleon-go/chameleon/internal/dburl"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// explicit are pgx's settings that must not come from the environment, as
// they are if the URL does not set them.
func explicit() map[string]string {
	return map[string]string{
		"passfile": "", "password": "", "sslcert": "", "sslkey": "", "sslrootcert": "", "sslpassword": "",
		"sslsni": "1", "sslcertmode": "allow", "sslnegotiation": "", "target_session_attrs": "any",
		"channel_binding": "prefer", "require_auth": "", "connect_timeout": "0",
		"min_protocol_version": "3.0", "max_protocol_version": "3.0",
	}
}

// connConfig has pgx build its configuration from keywords, and sets what
// must stay exact or secret by itself.
func (r *reader) connConfig() (*pgx.ConnConfig, error) {
	if err := r.settlePlaces(); err != nil {
		return nil, err
	}
	if err := r.settleTLS(); err != nil {
		return nil, err
	}
	keywords := explicit()
	maps.Copy(keywords, r.tls)
	ports := make([]string, len(r.ports))
	for i, n := range r.ports {
		ports[i] = strconv.Itoa(int(n))
	}
	keywords["host"], keywords["port"] = strings.Join(r.hosts, ","), strings.Join(ports, ",")
	keywords["user"] = "user"
	if r.attrs != "" {
		keywords["target_session_attrs"] = r.attrs
	}
	var b strings.Builder
	for k, v := range keywords {
		b.WriteString(k + "=" + quoteKeyword(v) + " ")
	}
	conn, err := pgx.ParseConfig(b.String())
	if err != nil {
		return nil, r.explain(err)
	}
	conn.User, conn.Password, conn.Database = r.url.User, r.url.Password, r.url.Path
	conn.RuntimeParams = startup()
	maps.Copy(conn.RuntimeParams, r.runtime)
	conn.LookupFunc = r.places.lookup(conn.LookupFunc)
	conn.ValidateConnect = explainAttrs(conn.ValidateConnect, r.attrs)
	return conn, nil
}

// explain turns pgx's error, which quotes the keywords, into one that names
// the parameter.
func (r *reader) explain(err error) error {
	if file, ok := errors.AsType[*fs.PathError](err); ok {
		return r.unreadable(err.Error(), file.Err)
	}
	text := err.Error()
	for _, name := range []string{
		"target_session_attrs", "channel_binding", "require_auth", "sslcertmode", "sslcert", "sslkey", "sslpassword",
		"sslnegotiation",
	} {
		if strings.Contains(text, name) && (r.tls[name] != "" || name == "target_session_attrs" && r.attrs != "") {
			return valid.Failf(dburl.Field, "has a value in parameter %s that cannot be used", name)
		}
	}
	if strings.Contains(text, "CA to cert pool") {
		return valid.Failf(dburl.Field, "names a file in sslrootcert that holds no certificate")
	}
	if strings.Contains(text, "service") {
		return valid.Failf(dburl.Field, "cannot be used while PGSERVICE names a service that cannot be read: unset PGSERVICE")
	}
	return valid.Failf(dburl.Field, "has parameters that contradict each other")
}

// unreadable names the parameter whose file cannot be read, by pgx's words: it
// makes paths absolute.
func (r *reader) unreadable(text string, why error) error {
	switch {
	case strings.Contains(text, "unable to read sslkey"): // not shown: it may be the key itself
		return dburl.Param{Key: "sslkey"}.Refuse("names a file that cannot be read: " + why.Error())
	case strings.Contains(text, "unable to read cert"):
		return dburl.Param{Key: "sslcert", Value: r.tls["sslcert"]}.Unreadable("cannot be read: " + why.Error())
	}
	return dburl.Param{Key: "sslrootcert", Value: r.tls["sslrootcert"]}.Unreadable("cannot be read: " + why.Error())
}
