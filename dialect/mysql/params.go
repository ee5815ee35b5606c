package mysql

import (
	"strings"
	"time"

	"github.com/chameleon-go/chameleon/dialect/handle"
	"github.com/chameleon-go/chameleon/internal/dburl"
)

// reader gathers what a URL says.
type reader struct {
	url      *dburl.URL
	settings handle.Settings
	ignored  []string
	socket   string

	mode          string
	noVerify      bool // said in as many words
	ca, cert, key string
}

// param takes one parameter of the URL. Names are compared without case,
// hyphens and underscores: ssl-mode, sslMode and SSL_MODE are one.
func (r *reader) param(p dburl.Param) error {
	key := strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(p.Key))
	for _, take := range []func(string, dburl.Param) (bool, error){r.tlsParam, r.poolParam, r.fixedParam} {
		if done, err := take(key, p); done || err != nil {
			return err
		}
	}
	return p.Refuse("is not known here, and MySQL's driver would run it as a SET statement: remove it")
}

// poolParam takes parameters about places, pools and time limits.
func (r *reader) poolParam(key string, p dburl.Param) (done bool, err error) {
	switch key {
	case "socket", "socketpath", "unixsocket":
		if !strings.HasPrefix(p.Value, "/") {
			return true, p.Refuse("is not an absolute path")
		}
		r.socket = p.Value
	case "connectionlimit", "poolsize", "maxopenconns":
		r.settings.PoolSize, err = p.Count(1)
	case "connecttimeout", "timeout":
		r.settings.ConnectTimeout, err = p.Seconds()
		if p.Key == "connectTimeout" { // mysql2 and Connector/J count milliseconds
			r.settings.ConnectTimeout /= 1000
		}
		if r.settings.ConnectTimeout == 0 {
			r.settings.ConnectTimeout = -1
		}
	case "maxidletime":
		r.settings.ConnMaxIdleTime, err = p.Seconds()
	case "pooltimeout", "sockettimeout", "maxidleconnectionlifetime", "waitforconnections", "queuelimit",
		"statementcachesize", "allowpublickeyretrieval", "serverversion", "enablekeepalive":
		r.ignored = append(r.ignored, p.Key)
	default:
		return false, nil
	}
	return true, err
}

// fixedParam takes parameters that other programs need and that are always
// as they are here; another value is refused.
func (r *reader) fixedParam(key string, p dburl.Param) (done bool, err error) {
	allowed := map[string]string{
		"charset": "utf8mb4 utf8 utf-8", "characterset": "utf8mb4 utf8 utf-8", "characterencoding": "utf8mb4 utf8 utf-8",
		"useunicode": "true yes 1", "parsetime": "true 1", "loc": "utc", "timezone": "z utc +00:00 '+00:00'",
		"servertimezone": "utc z +00:00", "multistatements": "true 1", "multiplestatements": "true 1",
		"interpolateparams": "true 1", "clientfoundrows": "true 1",
	}[key]
	if allowed == "" {
		return false, nil
	}
	for value := range strings.FieldsSeq(allowed) {
		if strings.EqualFold(p.Value, value) {
			r.ignored = append(r.ignored, p.Key)
			return true, nil
		}
	}
	return true, p.Refuse("asks for something else than this module needs: remove it")
}

// limits are the session's limits as SET assignments, for the server's flavour.
func limits(params map[string]string, mariaDB bool, s handle.Settings) {
	wait := s.LockTimeout
	if wait == 0 {
		wait = defaultLockWait
	}
	params["innodb_lock_wait_timeout"] = seconds(wait)
	if s.StatementTimeout == 0 {
		return
	}
	if mariaDB {
		params["max_statement_time"] = fraction(s.StatementTimeout)
	} else {
		params["max_execution_time"] = milliseconds(s.StatementTimeout)
	}
}

// seconds rounds up: 0 would mean something else to the server.
func seconds(d time.Duration) string { return itoa(int64((d + time.Second - 1) / time.Second)) }

func milliseconds(d time.Duration) string { return itoa(max(d.Milliseconds(), 1)) }
