package sqlite

import "strings"

// verb is what a statement does to the connection it runs on.
type verb int

const (
	reads  verb = iota // may run on any connection
	writes             // needs the writer
	begins             // opens a transaction by hand
	ends               // ends one
)

// classify determines from its text what query does. If in doubt, it writes.
func classify(query string) verb {
	t := tokens{in: query}
	word := t.next()
	v := writes
	switch word {
	case "SELECT", "VALUES", "EXPLAIN", "": // "" is an empty text, or one that starts with a bracket
		v = reads
	case "WITH":
		v = t.with()
	case "PRAGMA":
		return pragma(query)
	case "BEGIN", "SAVEPOINT":
		v = begins
	case "COMMIT", "END":
		v = ends
	case "ROLLBACK":
		if v = ends; t.has("TO") {
			return writes
		}
	}
	if v != writes && t.more() {
		return writes // several statements
	}
	return v
}

// pragma distinguishes the forms that only read from those that set.
func pragma(query string) verb {
	lower := strings.ToLower(query)
	if strings.ContainsAny(lower, "=;") {
		return writes
	}
	if !strings.Contains(lower, "(") {
		if strings.Contains(lower, "wal_checkpoint") || strings.Contains(lower, "optimize") ||
			strings.Contains(lower, "incremental_vacuum") {
			return writes
		}
		return reads
	}
	for _, asks := range []string{"_info(", "_list(", "_xinfo(", "_check("} {
		if strings.Contains(strings.ReplaceAll(lower, " ", ""), asks) {
			return reads
		}
	}
	return writes
}

// tokens iterates over a statement's keywords outside brackets, skipping strings, quoted
// names and comments.
type tokens struct {
	in  string
	pos int
}

// next returns the next keyword or name outside brackets in upper case, ";" at the end of
// a statement, and "" at the end.
func (t *tokens) next() string {
	for depth := 0; t.pos < len(t.in); {
		c := t.in[t.pos]
		switch {
		case c == '\'' || c == '"' || c == '`':
			t.skipQuoted(c)
		case c == '[':
			t.skipTo("]")
		case strings.HasPrefix(t.in[t.pos:], "--"):
			t.skipTo("\n")
		case strings.HasPrefix(t.in[t.pos:], "/*"):
			t.skipTo("*/")
		case c == '(':
			depth++
			t.pos++
		case c == ')':
			depth--
			t.pos++
		case c == ';' && depth <= 0:
			t.pos++
			return ";"
		case isLetter(c):
			if word := t.word(); depth <= 0 {
				return word
			}
		default:
			t.pos++
		}
	}
	return ""
}

func (t *tokens) word() string {
	start := t.pos
	for t.pos < len(t.in) && (isLetter(t.in[t.pos]) || '0' <= t.in[t.pos] && t.in[t.pos] <= '9') {
		t.pos++
	}
	return strings.ToUpper(t.in[start:t.pos])
}

func isLetter(c byte) bool {
	return c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c >= 0x80
}

// skipQuoted moves past a quoted token; a doubled quote starts another one.
func (t *tokens) skipQuoted(quote byte) {
	t.pos++
	t.skipTo(string(quote))
}

func (t *tokens) skipTo(end string) {
	i := strings.Index(t.in[t.pos:], end)
	if i < 0 {
		t.pos = len(t.in)
		return
	}
	t.pos += i + len(end)
}

// with finds the statement that follows the common table expressions.
func (t *tokens) with() verb {
	for {
		switch t.next() {
		case "SELECT", "VALUES":
			return reads
		case "INSERT", "UPDATE", "DELETE", "REPLACE", ";", "":
			return writes
		}
	}
}

// has reports whether word follows in this statement.
func (t *tokens) has(word string) bool {
	for {
		switch t.next() {
		case word:
			return true
		case ";", "":
			return false
		}
	}
}

// more reports whether another statement follows.
func (t *tokens) more() bool {
	for {
		switch t.next() {
		case ";":
			return strings.TrimSpace(t.in[t.pos:]) != ""
		case "":
			return false
		}
	}
}

// several reports whether query holds more than one statement.
func several(query string) bool {
	t := tokens{in: query}
	return t.more()
}
