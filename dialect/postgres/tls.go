package postgres

import (
	"slices"
	"strings"

	"github.com/chameleon-go/chameleon/internal/dburl"
)

// tlsParam takes parameters about TLS and authentication, in the words of
// libpq, node-postgres and Prisma.
func (r *reader) tlsParam(key string, p dburl.Param) (done bool, err error) {
	switch key {
	case "sslmode", "ssl-mode", "ssl_mode":
		err = r.sslMode(p)
	case "ssl", "sslaccept":
		err = r.sslWord(p)
	case "requiressl":
		var on bool
		if on, err = p.Bool(); on {
			r.raise(TLSRequire)
		}
	case "sslrootcert", "sslcert", "sslkey", "sslpassword", "sslsni", "sslcertmode",
		"sslnegotiation", "channel_binding", "require_auth", "krbsrvname", "krbspn":
		r.tls[key] = p.Value
	case "gssencmode":
		if word := strings.ToLower(p.Value); word != "disable" && word != "prefer" {
			err = p.Refuse("asks for GSSAPI encryption, which is not supported: use TLS")
		}
	default:
		return false, nil
	}
	return true, err
}

// aboutTLS reports whether a parameter's name is about encryption. Such a word
// is never passed over: whoever wrote it relies on it.
func aboutTLS(key string) bool {
	for _, word := range []string{"ssl", "tls", "encrypt", "cert", "gss"} {
		if strings.Contains(key, word) {
			return true
		}
	}
	return false
}

// sslMode takes libpq's word, and node-postgres' no-verify.
func (r *reader) sslMode(p dburl.Param) error {
	switch mode := strings.ToLower(p.Value); mode {
	case TLSDisable, TLSAllow, TLSPrefer, TLSRequire, TLSVerifyCA, TLSVerifyFull:
		r.raise(mode)
	case "no-verify":
		r.noVerify = true
		r.raise(TLSRequire)
	default:
		return p.Refuse("is none of disable, allow, prefer, require, verify-ca, verify-full, no-verify")
	}
	return nil
}

// sslWord takes ssl=true, ssl={"rejectUnauthorized":…} and Prisma's sslaccept.
// As in node-postgres and JDBC, from where it comes, ssl=true verifies.
func (r *reader) sslWord(p dburl.Param) error {
	word := strings.ToLower(strings.Join(strings.Fields(p.Value), ""))
	switch word {
	case "require":
		r.raise(TLSRequire)
	case "false", "0", "off", "disable":
		r.raise(TLSDisable)
	case "true", "1", "on", "strict", "{}", `{"rejectunauthorized":true}`:
		r.raise(TLSVerifyFull)
	case "accept_invalid_certs", "no-verify", `{"rejectunauthorized":false}`:
		r.raise(TLSRequire)
	default:
		return p.Refuse("has a value that is not known")
	}
	return nil
}

// raise sets the mode; where several words are there the strictest holds.
func (r *reader) raise(mode string) {
	rank := map[string]int{
		TLSDisable: 1, TLSAllow: 2, TLSPrefer: 3, TLSRequire: 4, TLSVerifyCA: 5, TLSVerifyFull: 6,
	}
	if rank[mode] > rank[r.tls["sslmode"]] {
		r.tls["sslmode"] = mode
	}
}

// settleTLS fills in what follows from the words together, as libpq does.
func (r *reader) settleTLS() error {
	if err := r.checkTLSWords(); err != nil {
		return err
	}
	if r.noVerify && r.tls["sslmode"] == TLSRequire {
		delete(r.tls, "sslrootcert")
	}
	root := r.tls["sslrootcert"]
	switch mode := r.tls["sslmode"]; {
	case root == "system" && mode != TLSDisable:
		r.tls["sslmode"] = TLSVerifyFull // libpq refuses anything weaker
	case mode == TLSRequire && root != "":
		r.tls["sslmode"] = TLSVerifyCA
	case mode == "" && (root != "" || r.tls["channel_binding"] == TLSRequire || r.tls["sslnegotiation"] == "direct"):
		// Asked for in other words: no plaintext.
		r.tls["sslmode"] = TLSRequire
		if root != "" {
			r.tls["sslmode"] = TLSVerifyCA
		}
	case mode == "":
		r.tls["sslmode"] = TLSPrefer
	case r.tls["sslnegotiation"] == "direct" && (mode == TLSPrefer || mode == TLSAllow):
		r.tls["sslmode"] = TLSRequire
	}
	return nil
}

// checkTLSWords refuses words that pgx would take for their default.
func (r *reader) checkTLSWords() error {
	for name, words := range map[string][]string{
		"sslsni": {"0", "1"}, "sslnegotiation": {"direct", "postgres"}, "sslcertmode": {"disable", "allow", "require"},
		"channel_binding": {"disable", "prefer", "require"},
	} {
		if word, given := r.tls[name]; given && !slices.Contains(words, word) {
			return dburl.Param{Key: name}.Refuse("has a value that is not known")
		}
	}
	if r.tls["sslkey"] != "" && r.tls["sslcert"] == "" {
		return dburl.Param{Key: "sslkey"}.Refuse("needs sslcert beside it")
	}
	return nil
}
