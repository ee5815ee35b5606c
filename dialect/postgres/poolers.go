package postgres

import (
	"strings"

	"github.com/chameleon-go/chameleon/internal/dburl"
)

// poolerParam takes the words that are in a URL because a transaction pooler
// stands in between: pgbouncer=true, and every driver's way of turning named
// prepared statements off, which the next client of the same server connection
// would meet (42P05, 26000).
func (r *reader) poolerParam(key string, p dburl.Param) (done bool, err error) {
	switch key {
	case "pgbouncer":
		on, err := p.Bool()
		r.pooler = &on
		return true, err
	case "preparethreshold", "statement_cache_capacity", "statement-cache-capacity", "statement_cache_size", "prepared_statement_cache_size":
		n, err := p.Count(0)
		r.wordPooled(n == 0)
		return true, err
	case "description_cache_capacity":
		_, err = p.Count(0)
		return true, err
	case "statement_cache_mode": // pgx 4
		return true, r.oneOf(p, map[string]bool{"prepare": false, "describe": true})
	case "default_query_exec_mode": // pgx 5
		return true, r.oneOf(p, map[string]bool{
			"cache_statement": false, "cache_describe": true, "describe_exec": true, "exec": true, "simple_protocol": true,
		})
	case "prefer_simple_protocol", "prefersimpleprotocol", "binary_parameters": // gorm, lib/pq
		on, err := p.Bool()
		r.wordPooled(on)
		return true, err
	case "preferquerymode": // JDBC
		return true, r.oneOf(p, map[string]bool{
			"simple": true, "extended": false, "extendedforprepared": false, "extendedcacheeverything": false,
		})
	case "prepared_statements", "prepare": // Rails, postgres.js, Ecto
		if word := strings.ToLower(p.Value); word == "named" || word == "unnamed" {
			r.wordPooled(word == "unnamed")
			return true, nil
		}
		on, err := p.Bool()
		r.wordPooled(!on)
		return true, err
	}
	return false, nil
}

// oneOf takes a word that means no named prepared statements, or not.
func (r *reader) oneOf(p dburl.Param, words map[string]bool) error {
	pooled, known := words[strings.ToLower(p.Value)]
	if !known {
		return p.Refuse("has a value that is not known")
	}
	r.wordPooled(pooled)
	return nil
}

// wordPooled notes such a word. What pgbouncer= says goes before it.
func (r *reader) wordPooled(pooled bool) { r.unprepared = r.unprepared || pooled }

// looksPooled recognizes a transaction pooler by what the URL says, and else
// by its address.
func (r *reader) looksPooled() bool {
	if r.pooler != nil {
		return *r.pooler
	}
	if r.unprepared {
		return true
	}
	for i, h := range r.hosts {
		label, _, _ := strings.Cut(h, ".")
		if strings.HasSuffix(label, "-pooler") || isPoolerPort(h, r.ports[i]) {
			return true
		}
	}
	return false
}

// isPoolerPort knows the ports of PgBouncer and of the hosts that run one:
// Supabase has 6543, DigitalOcean 25061.
func isPoolerPort(host string, port uint16) bool {
	switch port {
	case 6432, 6543:
		return true
	case 25061:
		return strings.HasSuffix(strings.ToLower(host), ".ondigitalocean.com")
	}
	return false
}
