package postgres

import (
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
		if p.Value == "1" {
			r.raise(TLSRequire)
		}
	case "sslrootcert", "sslcert", "sslkey", "sslpassword", "sslsni", "sslcertmode",
		"sslnegotiation", "channel_binding", "require_auth", "krbsrvname", "krbspn":
		r.tls[key] = p.Value
	default:
		return false, nil
	}
	return true, err
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
func (r *reader) sslWord(p dburl.Param) error {
	word := strings.ToLower(strings.Join(strings.Fields(p.Value), ""))
	switch word {
	case "true", "1", "require", "on":
		r.raise(TLSRequire)
	case "false", "0", "off", "disable":
		r.raise(TLSDisable)
	case "strict", `{"rejectunauthorized":true}`:
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
func (r *reader) settleTLS() {
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
}
