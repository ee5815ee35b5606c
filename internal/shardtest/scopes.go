package shardtest

// scope is one query of a statement: what a SELECT, an UPDATE, a DELETE or an
// INSERT does itself, without its subqueries.
type scope struct {
	verb   string
	refs   []ref
	pinned map[string]bool // the names by which user_uuid is bound; "" for none
	locks  bool            // FOR UPDATE
	copies bool            // an INSERT takes user_uuid as its SELECT finds it
	sets   map[string]bool // columns that an UPDATE assigns
}

// ref is a table as a query names it.
type ref struct{ table, alias string }

// reader walks over a statement's tokens.
type reader struct {
	all    []token
	at     int
	scopes []*scope
	users  map[string]bool
}

// read finds a statement's queries, and the users that it names.
func read(statement string, mysql bool) *reader {
	r := &reader{all: tokens(statement, mysql), users: map[string]bool{}}
	r.query()
	return r
}

func (r *reader) peek(n int) token {
	if r.at+n < len(r.all) {
		return r.all[r.at+n]
	}
	return token{kind: sign}
}

func (r *reader) open() *scope {
	s := &scope{pinned: map[string]bool{}, sets: map[string]bool{}}
	r.scopes = append(r.scopes, s)
	return s
}

// query reads to the parenthesis that closes it, or to the end.
func (r *reader) query() {
	s, depth := r.open(), 0
	for r.at < len(r.all) {
		t := r.peek(0)
		switch {
		case t.is("extract") && r.peek(1).is("("): // FROM names no table there
			for r.at < len(r.all) && !r.peek(0).is(")") {
				r.at++
			}
			r.at++
		case t.is("(") && startsQuery(r.peek(1)):
			r.at++
			r.query()
		case t.is("("):
			depth++
			r.at++
		case t.is(")") && depth == 0:
			r.at++
			return
		case t.is(")"):
			depth--
			r.at++
		case t.is("union") || t.is(";"):
			s = r.open()
			r.at++
		default:
			r.clause(s)
		}
	}
}

func startsQuery(t token) bool {
	return t.is("select") || t.is("with") || t.is("update") || t.is("insert") || t.is("delete")
}

// clause reads one step of a query.
func (r *reader) clause(s *scope) {
	t := r.peek(0)
	switch {
	case t.is("for") && r.peek(1).is("update"):
		s.locks = true
		r.at += 2
	case (t.is("key") || t.is("do")) && r.peek(1).is("update"):
		r.at += 2
	case (t.is("select") || t.is("update") || t.is("delete") || t.is("insert") || t.is("replace")) && s.verb == "":
		s.verb = t.text
		r.at++
		if t.text == "update" {
			r.tables(s)
		}
	case t.is("from") || t.is("join") || t.is("using"):
		r.at++
		r.tables(s)
	case t.is("into") && r.peek(1).kind == word:
		r.at++
		r.tables(s)
		r.rows(s)
	case t.is("user_uuid"):
		r.bind(s)
	default:
		if s.verb == "update" && t.kind == word && r.peek(1).is("=") && (r.peek(-1).is("set") || r.peek(-1).is(",")) {
			s.sets[t.text] = true
		}
		r.at++
	}
}

// tables reads names of tables with their aliases, separated by commas.
func (r *reader) tables(s *scope) {
	into := r.peek(-1).is("into")
	for r.peek(0).kind == word && (into || !r.peek(1).is("(")) {
		one := ref{table: r.peek(0).text}
		r.at++
		if r.peek(0).is("as") {
			r.at++
		}
		if t := r.peek(0); t.kind == word && !followsTable[t.text] {
			one.alias = t.text
			r.at++
		}
		s.refs = append(s.refs, one)
		if !r.peek(0).is(",") {
			return
		}
		r.at++
	}
}

// followsTable are the words after a table's name that are no alias.
var followsTable = map[string]bool{ //nolint:gochecknoglobals // words of SQL
	"where": true, "set": true, "join": true, "left": true, "inner": true, "cross": true, "on": true, "order": true,
	"group": true, "limit": true, "union": true, "for": true, "force": true, "use": true, "values": true, "select": true,
	"returning": true, "having": true, "using": true, "default": true, "with": true, "natural": true, "right": true,
}

// bind reads a condition on user_uuid: one that binds it to values.
func (r *reader) bind(s *scope) {
	name := ""
	if r.peek(-1).is(".") {
		name = r.peek(-2).text
	}
	assigned := s.verb == "update" && len(s.pinned) == 0 && (r.peek(-1).is("set") || r.peek(-1).is(","))
	r.at++
	switch {
	case assigned && r.peek(0).is("="):
		s.sets["user_uuid"] = true
	case r.peek(0).is("=") && r.peek(1).kind == literal:
		s.pinned[name] = true
		r.users[r.peek(1).text] = true
		r.at += 2
	case r.peek(0).is("in") && r.peek(1).is("(") && r.peek(2).kind == literal:
		s.pinned[name] = true
		for r.at += 2; r.peek(0).kind == literal; r.at++ {
			r.users[r.peek(0).text] = true
			if !r.peek(1).is(",") {
				break
			}
			r.at++
		}
		r.at += 2
	}
}

// selected looks at what an INSERT's SELECT gives for user_uuid, its first column.
func (r *reader) selected(s *scope) {
	switch first := r.peek(1); {
	case first.kind == literal:
		s.pinned[s.refs[len(s.refs)-1].table] = true
		r.users[first.text] = true
	case first.is("user_uuid"):
		s.copies = true
	}
}

// rows reads the users of what an INSERT writes.
func (r *reader) rows(s *scope) {
	if !r.peek(0).is("(") || startsQuery(r.peek(1)) {
		return
	}
	column, found := -1, false
	for r.at++; r.at < len(r.all) && !r.peek(0).is(")"); r.at++ {
		switch {
		case found:
		case r.peek(0).is("user_uuid"):
			column++
			found = true
		case r.peek(0).kind == word:
			column++
		}
	}
	r.at++
	if r.peek(0).is("overriding") { // SYSTEM VALUE
		r.at += 3
	}
	if found && column == 0 && r.peek(0).is("select") {
		r.selected(s)
		return
	}
	if !found || !r.peek(0).is("values") {
		return
	}
	s.pinned[""] = true
	for r.at++; r.peek(0).is("("); {
		r.at++
		depth, i := 0, 0
		for ; r.at < len(r.all) && (depth > 0 || !r.peek(0).is(")")); r.at++ {
			switch t := r.peek(0); {
			case t.is("("):
				depth++
			case t.is(")"):
				depth--
			case t.is(",") && depth == 0:
				i++
			case t.kind == literal && depth == 0 && i == column:
				r.users[t.text] = true
			}
		}
		r.at++
		if r.peek(0).is(",") {
			r.at++
		}
	}
}
