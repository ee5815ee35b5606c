package postgres

import (
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/chameleon-go/chameleon/dialect/handle"
	"github.com/chameleon-go/chameleon/internal/dburl"
)

// reader gathers what a URL says.
type reader struct {
	url      *dburl.URL
	settings handle.Settings
	tls      map[string]string // libpq's keywords for TLS and authentication
	runtime  map[string]string // run-time parameters that a pooler keeps or forwards
	session  map[string]string // run-time parameters of a session
	schemas  []string          // of the session's search_path, as schema= lists them
	ignored  []string
	noVerify bool

	pooler     *bool // what pgbouncer= says
	unprepared bool  // a word that turns named prepared statements off

	places places
	hosts  []string // what pgx is given, each with a port
	ports  []uint16
	attrs  string
}

// sessionSetting reports whether key is a run-time parameter that an
// application sets for its session. Any other name would end the connection if
// it were sent: poolers, ORMs and other languages' drivers put words of their
// own into a URL.
func sessionSetting(key string) bool {
	switch key {
	case "search_path", "role", "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout",
		"idle_session_timeout", "transaction_timeout", "default_transaction_isolation",
		"default_transaction_read_only", "work_mem", "maintenance_work_mem",
		"extra_float_digits", "jit", "plan_cache_mode",
		"tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count":
		return true
	}
	return strings.Contains(key, ".") // an extension's or the application's own
}

// param takes one parameter of the URL.
func (r *reader) param(p dburl.Param) error {
	key := strings.ToLower(p.Key)
	for _, take := range []func(string, dburl.Param) (bool, error){
		r.tlsParam, r.poolerParam, r.poolParam, r.placeParam,
	} {
		if done, err := take(key, p); done || err != nil {
			return err
		}
	}
	switch {
	case key == "application_name":
		r.runtime[key] = p.Value
	case key == "options":
		return r.options(strings.ReplaceAll(p.Value, "+", " "), p)
	case key == "schema" || key == "currentschema":
		return r.searchPath(p)
	case sessionSetting(key):
		r.session[key] = p.Value
	case aboutTLS(key):
		return p.Refuse("is not known, and TLS settings are never ignored")
	default:
		r.ignored = append(r.ignored, p.Key)
	}
	return nil
}

// poolParam takes parameters about pools and time limits.
func (r *reader) poolParam(key string, p dburl.Param) (done bool, err error) {
	switch key {
	case "connection_limit", "pool_max_conns", "pool_size", "max_conns", "pool_max_open_conns":
		r.settings.PoolSize, err = p.Count(1)
	case "connect_timeout", "connecttimeout":
		r.settings.ConnectTimeout, err = p.Seconds()
		if r.settings.ConnectTimeout == 0 {
			r.settings.ConnectTimeout = -1 // libpq: no limit
		} else {
			r.settings.ConnectTimeout = clampTimeout(r.settings.ConnectTimeout)
		}
	case "pool_max_conn_lifetime":
		r.settings.ConnMaxLifetime, err = p.Seconds()
	case "pool_max_conn_idle_time":
		r.settings.ConnMaxIdleTime, err = p.Seconds()
	default:
		return false, nil
	}
	return true, err
}

// settings matches the options that set run-time parameters.
var settings = regexp.MustCompile(`(?:^|\s)-(?:c\s*|-)([A-Za-z_][A-Za-z0-9_.]*)\s*=`)

// options takes libpq's options. Poolers and routers read names of their own
// from it (--cluster=…, endpoint=…, project=…, reference=…), which must reach
// them; settings are for the session.
func (r *reader) options(value string, p dburl.Param) error {
	for _, m := range settings.FindAllStringSubmatch(value, -1) {
		if name := strings.ToLower(m[1]); name != "cluster" {
			r.session["options"] = value
			return nil
		}
	}
	if value == "" {
		return p.Refuse("is empty")
	}
	r.runtime["options"] = value
	return nil
}

// searchPath takes Prisma's schema and JDBC's currentSchema.
func (r *reader) searchPath(p dburl.Param) error {
	names := strings.Split(p.Value, ",")
	for i, name := range names {
		if names[i] = strings.TrimSpace(name); names[i] == "" {
			return p.Refuse("is empty, or holds an empty name")
		}
	}
	r.schemas = names
	r.session["search_path"] = quoteNames(names)
	return nil
}

func quoteNames(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = pgx.Identifier{name}.Sanitize()
	}
	return strings.Join(quoted, ", ")
}

func quoteKeyword(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}
