package schema

import (
	"fmt"
	"strings"
	"time"
)

// Text returns the plan as readable text.
func (r *PlanReport) Text() string {
	var b strings.Builder
	if r.UpToDate() {
		b.WriteString("nothing is missing\n")
	}
	for _, c := range r.Record {
		b.WriteString(c.Statement + ";\n")
	}
	if r.Resumes > 0 {
		fmt.Fprintf(&b, "goes on with push %d, which did not end\n", r.Resumes)
	}
	changesText(&b, r.Changes)
	obstacles(&b, r.Rights, r.Duplicates)
	for _, l := range r.Left {
		name := l.Table
		switch {
		case l.Column != "":
			name += "." + l.Column
		case l.Index != "":
			name += " index " + l.Index
		}
		fmt.Fprintf(&b, "left alone: %s: %s\n", name, l.Reason)
	}
	if more := r.LeftInAll - len(r.Left); more > 0 {
		fmt.Fprintf(&b, "left alone: %d more\n", more)
	}
	return b.String()
}

// changesText describes each change and what waits for it.
func changesText(b *strings.Builder, changes []Change) {
	for _, c := range changes {
		if c.Clears != "" {
			b.WriteString(c.Clears + ";\n")
		}
		b.WriteString(c.Statement + ";\n")
		if note := c.note(); note != "" {
			b.WriteString("  -- " + note + "\n")
		}
	}
}

// note describes what waits while a change is made.
func (c *Change) note() string {
	rows := ""
	if c.Rows > 0 {
		rows = fmt.Sprintf(", of %d rows", c.Rows)
	}
	switch {
	case c.Online:
		return "built while writes go on" + rows
	case c.Blocks == BlocksWrites:
		return "writes to the table wait until it is built" + rows
	case c.Blocks == BlocksBriefly:
		return "locks the table for a moment, and steps back from one that is in use"
	}
	return ""
}

// obstacles lists what prevents a push.
func obstacles(b *strings.Builder, rights []Right, duplicates []Duplicate) {
	for _, r := range rights {
		if r.Granted {
			fmt.Fprintf(b, "needs %s on %s, which is granted\n", r.Right, r.On)
		} else {
			fmt.Fprintf(b, "LACKS %s on %s: %s;\n", r.Right, r.On, r.Grant)
		}
	}
	for _, d := range duplicates {
		fmt.Fprintf(b, "DUPLICATES in %s: %d values of %s are in %d rows: %s;\n",
			d.Table, d.Values, strings.Join(d.Columns, ", "), d.Rows, d.Query)
	}
}

// Text returns the status as readable text.
func (r *StatusReport) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, chameleon %s: ", r.Engine, r.Version)
	switch {
	case r.UpToDate:
		b.WriteString("up to date\n")
	case r.Problem != "":
		b.WriteString(r.Problem + "\n")
	default:
		fmt.Fprintf(&b, "%d changes are pending\n", len(r.Pending))
	}
	if len(r.Pushes) == 0 {
		b.WriteString("no push is recorded\n")
	}
	for _, p := range r.Pushes {
		b.WriteString(p.line())
	}
	changesText(&b, r.Pending)
	obstacles(&b, r.Rights, r.Duplicates)
	for _, i := range r.Invalid {
		fmt.Fprintf(&b, "INVALID index %s on %s: %s: %s;\n", i.Index, i.Table, i.Problem, i.Remedy)
	}
	for _, i := range r.Former {
		fmt.Fprintf(&b, "former index %s on %s, which no query uses: %s;\n", i.Index, i.Table, i.Remedy)
	}
	for _, n := range r.Narrow {
		fmt.Fprintf(&b, "narrow: %s (%s): %s;\n", n.Table, strings.Join(n.Columns, ", "), n.Statement)
	}
	return b.String()
}

// line describes a push in one line.
func (p *Pushed) line() string {
	s := fmt.Sprintf("push %d of %s by %s: %s, %d of %d changes made",
		p.ID, p.StartedAt.Format(time.RFC3339), p.Version, p.State, p.Made, len(p.Changes))
	if !p.EndedAt.IsZero() {
		s += ", ended " + p.EndedAt.Format(time.RFC3339)
	}
	if p.Problem != "" {
		s += ": " + p.Problem
	}
	return s + "\n"
}

// Text returns what was undone as readable text.
func (r *UndoResult) Text() string {
	var b strings.Builder
	if r.Push != nil {
		b.WriteString("undo of " + r.Push.line())
	}
	for _, s := range r.Statements {
		b.WriteString(s + ";\n")
	}
	for _, l := range r.Lost {
		b.WriteString("lost: " + l.String() + "\n")
	}
	return b.String()
}
