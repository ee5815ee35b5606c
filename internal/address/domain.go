package address

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"github.com/chameleon-go/chameleon/internal/valid"
)

// labels is IDNA without mapping: what it would change is refused. Mapping takes
// the Kelvin sign for a k.
func labels() *idna.Profile {
	return idna.New(idna.ValidateLabels(true), idna.StrictDomainName(true), idna.BidiRule(), idna.VerifyDNSLength(true))
}

// storedDomain returns a composed, lower-cased domain with its international
// labels in Unicode.
func storedDomain(field, domain string) (string, error) {
	if strings.HasPrefix(domain, "[") {
		return "", valid.Failf(field, "the domain is an IP address")
	}
	parts := strings.Split(domain, ".")
	for i, label := range parts {
		if isASCII(label) && !strings.HasPrefix(label, "xn--") {
			continue
		}
		unicodeLabel, ok := storedLabel(label)
		if !ok {
			return "", valid.Failf(field, "the domain is not a valid international name")
		}
		if err := checkRunes(field, unicodeLabel); err != nil {
			return "", err
		}
		parts[i] = unicodeLabel
	}
	return strings.Join(parts, "."), nil
}

// storedLabel goes to punycode and back, because a label is checked on its way
// back only. Punycode that is not what its Unicode encodes to is refused: it
// would be a second spelling.
func storedLabel(label string) (string, bool) {
	profile := labels()
	encoded, err := profile.ToASCII(label)
	if err != nil {
		return "", false
	}
	decoded, err := profile.ToUnicode(encoded)
	if err != nil || decoded == encoded {
		return "", false
	}
	return decoded, label == encoded || label == decoded
}

// Punycode returns a stored address with its domain as it is spelled where only
// ASCII is, and any other text as it is.
func Punycode(s string) string {
	at := strings.LastIndexByte(s, '@')
	domain, err := labels().ToASCII(s[at+1:])
	if at < 0 || err != nil {
		return s
	}
	return s[:at+1] + domain
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
