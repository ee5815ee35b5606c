package shardtest

import (
	"fmt"
	"slices"
	"strings"
)

// Layout says what is sharded.
type Layout struct {
	// Tables are the sharded ones, all by user_uuid.
	Tables []string
	// MySQL means that the statements are MySQL's.
	MySQL bool
	// OneAccount means that the handle locks one account a statement.
	OneAccount bool
	// Shapes asks for the shapes of statements that change rows.
	Shapes bool
}

// Findings are what is wrong with a statement, and whom it concerns.
type Findings struct {
	// Problems are empty for a statement that any shard or router takes.
	Problems []string
	// Users are the accounts of sharded tables that it names.
	Users []string
	// Shape is that of a statement that changes rows, where the layout asks for it.
	Shape string
}

// Inspect looks at one statement, or at the statements of one packet.
func (l Layout) Inspect(statement string) Findings {
	r := read(statement, l.MySQL)
	var out Findings
	if l.Shapes && r.changes() {
		out.Shape = shape(r.all)
	}
	sharded := false
	for _, s := range r.scopes {
		for _, one := range s.refs {
			if !slices.Contains(l.Tables, one.table) {
				continue
			}
			sharded = true
			if !s.pins(one) {
				out.addf("%s does not bind user_uuid to a value", one)
			}
		}
		if l.touches(s) {
			out.Problems = append(out.Problems, l.changes(s, r.users)...)
		}
	}
	if !sharded {
		return out
	}
	for user := range r.users {
		out.Users = append(out.Users, user)
	}
	slices.Sort(out.Users)
	out.Problems = append(out.Problems, l.constructs(r)...)
	return out
}

func (f *Findings) addf(format string, args ...any) {
	f.Problems = append(f.Problems, fmt.Sprintf(format, args...))
}

func (l Layout) touches(s *scope) bool {
	return slices.ContainsFunc(s.refs, func(one ref) bool { return slices.Contains(l.Tables, one.table) })
}

// changes are the problems of what a query writes or locks.
func (l Layout) changes(s *scope, users map[string]bool) []string {
	var out []string
	if s.sets["user_uuid"] {
		out = append(out, "user_uuid is changed, which moves a row to another shard")
	}
	if s.verb == "replace" {
		out = append(out, "REPLACE, which Vitess refuses")
	}
	if l.OneAccount && len(users) > 1 && s.locks {
		out = append(out, "several accounts are locked by one statement")
	}
	return out
}

func (r ref) String() string {
	if r.alias != "" {
		return r.table + " AS " + r.alias
	}
	return r.table
}

// pins reports whether the query binds the table's user_uuid.
func (s *scope) pins(one ref) bool {
	if one.alias != "" && s.pinned[one.alias] || s.pinned[one.table] {
		return true
	}
	if s.copies && len(s.refs) == 2 {
		return s.pinned[""] || s.pinned[s.refs[1].table]
	}
	return s.pinned[""] && len(s.refs) == 1
}

// construct is something that an engine is known to refuse or to misread.
type construct struct {
	why   string
	mysql bool // concerns MySQL's statements only
	verb  string
	has   string // the words, one after the other
}

var refused = []construct{ //nolint:gochecknoglobals // looked through for each statement of each test
	{"next is a keyword of Vitess", true, "", " as next "},
	{"user_uuid is assigned, which Vitess refuses even to itself", true, "", " key update user_uuid "},
	{"SKIP LOCKED is ignored by TiDB", true, "", " skip locked "},
	{"FOR SHARE is refused by TiDB", true, "", " for share "},
	{"AS new is refused by TiDB", true, "", " as new "},
	{"WITH before UPDATE is refused by Vitess", true, "update", " with "},
	{"WITH before DELETE is refused by Vitess", true, "delete", " with "},
	{"procedures are not there on TiDB", true, "", " call "},
	{"SERIALIZABLE is refused by TiDB", true, "", " isolation level serializable "},
	{"concat_ws is not immutable: Citus refuses it in an UPDATE", false, "update", " concat_ws "},
	{"convert_to is not immutable: Citus refuses it in an UPDATE", false, "update", " convert_to "},
	{"to_timestamp is not immutable: Citus refuses it in an UPDATE", false, "update", " to_timestamp "},
	{"now() is not immutable: Citus refuses it in an UPDATE", false, "update", " now ( "},
	{"random() is volatile: Citus refuses it in an UPDATE", false, "update", " random ( "},
	{"gen_random_uuid() is volatile: Citus refuses it in an UPDATE", false, "update", " gen_random_uuid "},
}

// constructs are the refused ones that a statement holds.
func (l Layout) constructs(r *reader) []string {
	var words strings.Builder
	words.WriteByte(' ')
	for _, t := range r.all {
		if t.kind != literal {
			words.WriteString(t.text)
			words.WriteByte(' ')
		}
	}
	text := words.String()
	var out []string
	for _, c := range refused {
		if c.mysql != l.MySQL || !strings.Contains(text, c.has) {
			continue
		}
		if c.verb == "" || slices.ContainsFunc(r.scopes, func(s *scope) bool { return s.verb == c.verb }) {
			out = append(out, c.why)
		}
	}
	return out
}
