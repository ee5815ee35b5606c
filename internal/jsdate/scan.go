package jsdate

// scanner goes through a text byte by byte.
type scanner struct {
	text string
	at   int
}

func (s *scanner) end() bool { return s.at >= len(s.text) }

// peek returns the next byte, 0 at the end.
func (s *scanner) peek() byte {
	if s.end() {
		return 0
	}
	return s.text[s.at]
}

// skip passes over c if it comes next.
func (s *scanner) skip(c byte) bool {
	if s.end() || s.peek() != c {
		return false
	}
	s.at++
	return true
}

// take passes over bytes of a kind.
func (s *scanner) take(kind func(byte) bool) string {
	from := s.at
	for !s.end() && kind(s.peek()) {
		s.at++
	}
	return s.text[from:s.at]
}

// skipParentheses passes over a remark, which may hold others.
func (s *scanner) skipParentheses() {
	for depth := 0; !s.end(); {
		switch s.peek() {
		case '(':
			depth++
		case ')':
			depth--
		}
		s.at++
		if depth == 0 {
			return
		}
	}
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
