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
}

// Findings are what is wrong with a statement, and whom it concerns.
type Findings struct {
	// Problems are empty for a statement that any shard or router takes.
	Problems []string
	// Users are the accounts of sharded tables that it names.
	Users []string
}

// Inspect looks at one statement, or at the statements of one packet.
func (l Layout) Inspect(statement string) Findings {
	scopes, users := read(statement, l.MySQL)
	var out Findings
	sharded := false
	for _, s := range scopes {
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
			out.Problems = append(out.Problems, l.changes(s, users)...)
		}
	}
	if !sharded {
		return out
	}
	for user := range users {
		out.Users = append(out.Users, user)
	}
	slices.Sort(out.Users)
	out.Problems = append(out.Problems, l.constructs(statement, scopes)...)
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
	has   []string // the words, one after the other
}

func refused() []construct {
	return []construct{
		{"next is a keyword of Vitess", true, "", []string{"as", "next"}},
		{"user_uuid is assigned, which Vitess refuses even to itself", true, "", []string{"key", "update", "user_uuid"}},
		{"SKIP LOCKED is ignored by TiDB", true, "", []string{"skip", "locked"}},
		{"FOR SHARE is refused by TiDB", true, "", []string{"for", "share"}},
		{"AS new is refused by TiDB", true, "", []string{"as", "new"}},
		{"WITH before UPDATE is refused by Vitess", true, "update", []string{"with"}},
		{"WITH before DELETE is refused by Vitess", true, "delete", []string{"with"}},
		{"procedures are not there on TiDB", true, "", []string{"call"}},
		{"SERIALIZABLE is refused by TiDB", true, "", []string{"isolation", "level", "serializable"}},
		{"concat_ws is not immutable: Citus refuses it in an UPDATE", false, "update", []string{"concat_ws"}},
		{"convert_to is not immutable: Citus refuses it in an UPDATE", false, "update", []string{"convert_to"}},
		{"to_timestamp is not immutable: Citus refuses it in an UPDATE", false, "update", []string{"to_timestamp"}},
		{"now() is not immutable: Citus refuses it in an UPDATE", false, "update", []string{"now", "("}},
		{"random() is volatile: Citus refuses it in an UPDATE", false, "update", []string{"random", "("}},
		{"gen_random_uuid() is volatile: Citus refuses it in an UPDATE", false, "update", []string{"gen_random_uuid"}},
	}
}

// constructs are the refused ones that a statement holds.
func (l Layout) constructs(statement string, scopes []*scope) []string {
	words := make([]string, 0, 64)
	for _, t := range tokens(statement, l.MySQL) {
		if t.kind != literal {
			words = append(words, t.text)
		}
	}
	text := " " + strings.Join(words, " ") + " "
	var out []string
	for _, c := range refused() {
		if c.mysql != l.MySQL || !strings.Contains(text, " "+strings.Join(c.has, " ")+" ") {
			continue
		}
		if c.verb == "" || slices.ContainsFunc(scopes, func(s *scope) bool { return s.verb == c.verb }) {
			out = append(out, c.why)
		}
	}
	return out
}
