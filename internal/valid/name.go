package valid

// MaxName is the longest name of an open set, in bytes.
const MaxName = 50

// IsName reports whether s has the form of a name of an open set, such as that of
// a provider: 1 to 50 lower-case letters, digits, dots, dashes and underscores, a
// letter or digit first.
func IsName(s string) bool {
	if s == "" || len(s) > MaxName {
		return false
	}
	for i, c := range []byte(s) {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
		case i > 0 && (c == '.' || c == '-' || c == '_'):
		default:
			return false
		}
	}
	return true
}

// Name checks the form of a name of an open set.
func Name(field, s string) error {
	if !IsName(s) {
		return Failf(field, "not 1 to %d of a-z, 0-9, dot, dash and underscore, a letter or digit first", MaxName)
	}
	return nil
}
