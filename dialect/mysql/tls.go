package mysql

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"strings"

	"github.com/chameleon-go/chameleon/internal/dburl"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// tlsParam takes parameters about TLS in the words of MySQL's own client, of
// mysql2, Prisma, Connector/J and Go's driver.
func (r *reader) tlsParam(key string, p dburl.Param) (done bool, err error) {
	switch key {
	case "sslmode", "ssl", "sslaccept", "tls", "usessl", "requiressl", "verifyservercertificate":
		mode, known := tlsMode(key, strings.ToLower(strings.Join(strings.Fields(p.Value), "")))
		if !known {
			return true, p.Refuse("has a value that is not known")
		}
		r.raise(mode)
		r.noVerify = r.noVerify || strings.HasSuffix(strings.ToLower(p.Value), "-verify")
	case "sslca", "sslrootcert", "sslcapath":
		r.ca = p.Value
	case "sslcert":
		r.cert = p.Value
	case "sslkey":
		r.key = p.Value
	default:
		return false, nil
	}
	return true, nil
}

func tlsMode(key, word string) (mode string, known bool) {
	switch word {
	case "disabled", "disable", "false", "0", "off":
		if key == "verifyservercertificate" || key == "requiressl" {
			return "", true
		}
		return TLSDisable, true
	case "preferred", "prefer":
		return TLSPrefer, true
	case "required", "require", "skip-verify", "no-verify", "accept_invalid_certs", `{"rejectunauthorized":false}`:
		return TLSRequire, true
	case "verify_ca", "verify-ca":
		return TLSVerifyCA, true
	case "verify_identity", "verify-identity", "verify_full", "verify-full", "strict", `{"rejectunauthorized":true}`, "{}":
		return TLSVerifyFull, true
	case "true", "1", "on":
		switch key {
		case "requiressl", "usessl":
			return TLSRequire, true
		case "sslmode", "sslaccept":
			return "", false
		}
		return TLSVerifyFull, true
	}
	return "", false
}

// raise sets the mode; where several words are there the strictest holds.
func (r *reader) raise(mode string) {
	rank := map[string]int{TLSDisable: 1, TLSPrefer: 2, TLSRequire: 3, TLSVerifyCA: 4, TLSVerifyFull: 5}
	if rank[mode] > rank[r.mode] {
		r.mode = mode
	}
}

// tlsConfig builds the configuration for r's mode; nil is no TLS.
func (r *reader) tlsConfig(host string) (*tls.Config, error) {
	if r.cert != "" && r.key == "" { // Prisma calls the authority's certificate sslcert
		r.ca, r.cert = r.cert, ""
	}
	if r.key != "" && r.cert == "" {
		return nil, dburl.Param{Key: "sslkey"}.Refuse("needs sslcert beside it")
	}
	switch {
	case r.ca == "system" && r.mode != TLSDisable:
		r.mode = TLSVerifyFull // a certificate of a public authority says nothing without the name
	case r.mode == "" && (r.ca != "" || r.cert != ""):
		r.mode = TLSVerifyCA // asked for in other words
	case r.mode == TLSRequire && r.ca != "" && !r.noVerify:
		r.mode = TLSVerifyCA
	case r.mode == "":
		r.mode = TLSPrefer
	}
	if r.mode == TLSDisable {
		return nil, nil
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if net.ParseIP(host) == nil && !strings.HasPrefix(host, "/") {
		c.ServerName = host
	} else if r.mode == TLSVerifyFull {
		c.ServerName = host
	}
	if err := r.certificates(c); err != nil {
		return nil, err
	}
	switch r.mode {
	case TLSPrefer, TLSRequire:
		c.InsecureSkipVerify = true // what these modes mean, and documented
	case TLSVerifyCA:
		c.InsecureSkipVerify = true // VerifyConnection checks the chain, without the host name
		c.VerifyConnection = verifyChain(c.RootCAs)
	}
	return c, nil
}

// certificates reads the files that the URL names.
func (r *reader) certificates(c *tls.Config) error {
	if r.ca != "" && r.ca != "system" {
		pem, err := os.ReadFile(r.ca)
		if err != nil {
			return dburl.Param{Key: "sslca", Value: r.ca}.Unreadable("cannot be read")
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return dburl.Param{Key: "sslca", Value: r.ca}.Unreadable("holds no certificate")
		}
	}
	if r.cert == "" {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(r.cert, r.key)
	if err != nil {
		return valid.Failf(dburl.Field, "names a client certificate and key that cannot be used")
	}
	c.Certificates = []tls.Certificate{pair}
	return nil
}

// verifyChain checks that the server's certificate comes from one of roots,
// whatever name it bears.
func verifyChain(roots *x509.CertPool) func(tls.ConnectionState) error {
	return func(state tls.ConnectionState) error {
		options := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool()}
		for _, cert := range state.PeerCertificates[1:] {
			options.Intermediates.AddCert(cert)
		}
		_, err := state.PeerCertificates[0].Verify(options)
		return err
	}
}
