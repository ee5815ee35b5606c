package handle

import (
	"strings"
	"unicode/utf8"

	"github.com/chameleon-go/chameleon/dialect"
)

// StripLiterals returns at most limit bytes of query with every string, number, bit string
// and comment replaced, so that no value of a row, password or key remains. If a text is
// malformed, it removes too much rather than too little.
func StripLiterals(engine dialect.Engine, query string, limit int) string {
	s := stripper{in: query, mysql: engine == dialect.MySQL || engine == dialect.MariaDB, limit: limit}
	for s.pos < len(s.in) && s.out.Len() < limit {
		s.next()
	}
	return strings.ToValidUTF8(s.out.String(), "")
}

type stripper struct {
	in    string
	pos   int
	mysql bool
	limit int
	out   strings.Builder
}

// next copies or replaces one token.
func (s *stripper) next() {
	c := s.in[s.pos]
	switch {
	case c == '\'' || (c == '"' && s.mysql):
		s.quoted(c, s.mysql)
		s.out.WriteByte('?')
	case c == '"' || c == '`':
		start := s.pos
		s.quoted(c, false)
		s.out.WriteString(s.in[start:s.pos])
	case c == '$' && s.dollarQuoted():
		s.out.WriteByte('?')
	case strings.HasPrefix(s.in[s.pos:], "--") || (c == '#' && s.mysql):
		s.skipTo("\n")
		s.out.WriteByte(' ')
	case strings.HasPrefix(s.in[s.pos:], "/*"):
		s.skipTo("*/")
		s.out.WriteByte(' ')
	case isDigit(c) || (c == '.' && s.pos+1 < len(s.in) && isDigit(s.in[s.pos+1])):
		for s.pos < len(s.in) && (isWord(s.in[s.pos]) || s.in[s.pos] == '.') {
			s.pos++
		}
		s.out.WriteByte('?')
	case isWord(c):
		s.word()
	default:
		s.out.WriteByte(c)
		s.pos++
	}
}

// word copies an identifier or keyword; a prefix of a string (E'…', X'…',
// N'…', _utf8mb4'…') is dropped with it.
func (s *stripper) word() {
	start := s.pos
	for s.pos < len(s.in) && (isWord(s.in[s.pos]) || s.in[s.pos] == '$') {
		s.pos++
	}
	word := s.in[start:s.pos]
	if s.pos < len(s.in) && s.in[s.pos] == '\'' {
		s.quoted('\'', s.mysql || strings.EqualFold(word, "e"))
		s.out.WriteByte('?')
		return
	}
	s.out.WriteString(word)
}

// quoted moves past a quoted token, doubled quotes and, with backslashes,
// escaped ones included.
func (s *stripper) quoted(quote byte, backslashes bool) {
	for s.pos++; s.pos < len(s.in); s.pos++ {
		switch {
		case backslashes && s.in[s.pos] == '\\':
			s.pos++
		case s.in[s.pos] != quote:
		case s.pos+1 < len(s.in) && s.in[s.pos+1] == quote:
			s.pos++
		default:
			s.pos++
			return
		}
	}
	s.pos = len(s.in)
}

// dollarQuoted moves past PostgreSQL's $tag$…$tag$, if one starts here.
func (s *stripper) dollarQuoted() bool {
	if s.mysql {
		return false
	}
	end := strings.IndexByte(s.in[s.pos+1:], '$')
	if end < 0 {
		return false
	}
	tag := s.in[s.pos : s.pos+end+2]
	for i := 1; i < len(tag)-1; i++ {
		if !isWord(tag[i]) || (i == 1 && isDigit(tag[i])) {
			return false
		}
	}
	s.pos += len(tag)
	s.skipTo(tag)
	return true
}

func (s *stripper) skipTo(end string) {
	i := strings.Index(s.in[s.pos:], end)
	if i < 0 {
		s.pos = len(s.in)
		return
	}
	s.pos += i + len(end)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isWord(c byte) bool {
	return c == '_' || isDigit(c) || ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z') || c >= utf8.RuneSelf
}
