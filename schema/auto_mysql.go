package schema

import (
	"slices"
	"strings"
)

// autoTime is a time column of MySQL or MariaDB that takes values which nobody gave it. A
// server without explicit_defaults_for_timestamp, as MySQL was before 8.0 and MariaDB before
// 10.10, makes such columns of "created_at timestamp": the first one of a table becomes the
// current time whenever a row changes, and the others cannot be NULL.
type autoTime struct {
	column string
	// typ, extra, preset and comment are from the catalog: the whole type, "on update …",
	// the default, empty for none, and the comment.
	typ, extra, preset, comment string
}

// acts reports whether the column is one.
func (a autoTime) acts() bool {
	return (strings.HasPrefix(a.typ, "timestamp") || strings.HasPrefix(a.typ, "datetime")) && (a.resets() || a.isZero())
}

// resets means that every change of a row that does not set the column sets it to the
// current time.
func (a autoTime) resets() bool { return strings.Contains(a.extra, "on update") }

// isZero means that the column's default is the zero date, because it cannot be NULL.
func (a autoTime) isZero() bool { return strings.HasPrefix(strings.Trim(a.preset, "'"), "0000-00-00") }

// spoils reports whether the column would be wrong once our verbs have written to the table:
// of all times only updated_at may be the time of the latest change, and is always set.
func (a autoTime) spoils() bool { return !strings.EqualFold(a.column, "updated_at") }

// ordinary is the part of ALTER TABLE that leaves the column its values and, if it is the
// current time, its default.
func (a autoTime) ordinary(eng engine) string {
	part := "MODIFY " + eng.quote(a.column) + " " + a.typ + " NULL"
	if strings.HasPrefix(strings.ToLower(a.preset), "current_timestamp") {
		part += " DEFAULT " + a.preset
	}
	if a.comment != "" {
		part += " COMMENT '" + strings.NewReplacer(`\`, `\\`, "'", "''").Replace(a.comment) + "'"
	}
	return part
}

// autoTimes returns an *AutoTimesError if tables have times that would not keep what other
// programs wrote.
func autoTimes(eng engine, found live, want []modelTable) error {
	var e AutoTimesError
	for _, table := range want {
		if t := found[table.Name]; t != nil {
			if times := t.autoTimes(eng, table); len(times.Columns) > 0 {
				e.Tables = append(e.Tables, times)
			}
		}
	}
	if len(e.Tables) == 0 {
		return nil
	}
	return &e
}

func (t *liveTable) autoTimes(eng engine, want modelTable) AutoTimes {
	found := AutoTimes{Table: t.name}
	var parts []string
	zero := false
	for _, a := range t.auto {
		ours := slices.ContainsFunc(want.Columns, func(c modelColumn) bool { return eng.sameName(c.Name, a.column) })
		if !ours || a.resets() && !a.spoils() {
			continue
		}
		if a.spoils() {
			found.Columns = append(found.Columns, a.column)
		}
		parts = append(parts, a.ordinary(eng))
		zero = zero || a.isZero()
	}
	found.Statement = "ALTER TABLE " + eng.quote(t.name) + " " + strings.Join(parts, ", ")
	if zero { // rows may have the zero date, and a strict server refuses to copy them
		found.Statement = "SET SESSION sql_mode = ''; " + found.Statement
	}
	return found
}
