package shardtest

import "strings"

// token is a word, a literal or a sign of a statement. Words are in lower case
// and without quotes.
type token struct {
	kind tokenKind
	text string
}

type tokenKind int

const (
	word tokenKind = iota
	literal
	sign
)

func (t token) is(text string) bool { return t.kind != literal && t.text == text }

// tokens splits a statement. Placeholders are literals: what is bound to them is
// one value, known before the statement is sent. Casts (::text) are left out.
func tokens(statement string, mysql bool) []token {
	out := make([]token, 0, len(statement)/4)
	for i := 0; i < len(statement); {
		rest := statement[i:]
		switch c := rest[0]; {
		case c == ' ' || c == '\n' || c == '\t' || c == '\r':
			i++
		case c == '\'':
			n := quoted(rest, mysql)
			out = append(out, token{literal, strings.ReplaceAll(rest[1:n-1], "''", "'")})
			i += n
		case c == '"' || c == '`':
			end := strings.IndexByte(rest[1:], c)
			if end < 0 {
				return out
			}
			out = append(out, token{word, strings.ToLower(rest[1 : 1+end])})
			i += end + 2
		case strings.HasPrefix(rest, "::"):
			i += 2 + span(rest[2:])
		case c == '?':
			out = append(out, token{literal, "?"})
			i++
		case c == '$' && span(rest[1:]) > 0:
			n := 1 + span(rest[1:])
			out = append(out, token{literal, rest[:n]})
			i += n
		case '0' <= c && c <= '9':
			n := span(rest)
			out = append(out, token{literal, rest[:n]})
			i += n
		case span(rest) > 0:
			n := span(rest)
			out = append(out, token{word, strings.ToLower(rest[:n])})
			i += n
		default:
			out = append(out, token{sign, rest[:1]})
			i++
		}
	}
	return out
}

// quoted is the length of the string at the start of s, quotes included. A
// backslash escapes a quote on MySQL alone.
func quoted(s string, mysql bool) int {
	for i := 1; i < len(s); i++ {
		switch {
		case mysql && s[i] == '\\' && i+1 < len(s):
			i++
		case s[i] == '\'' && i+1 < len(s) && s[i+1] == '\'':
			i++
		case s[i] == '\'':
			return i + 1
		}
	}
	return len(s)
}

// span is the length of the word at the start of s.
func span(s string) int {
	for i := range len(s) {
		if c := s[i]; c != '_' && c != '@' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return i
		}
	}
	return len(s)
}
