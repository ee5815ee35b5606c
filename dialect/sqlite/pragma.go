package sqlite

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/chameleon-go/chameleon/dialect/handle"
	"github.com/chameleon-go/chameleon/internal/dburl"
)

// Pragma is a setting that every connection of a handle has, the writer's and
// the readers'.
type Pragma struct {
	// Name is in lower case, such as "cache_size".
	Name string
	// Value is as SQLite reports it: keywords that it reports as numbers are numbers, so
	// synchronous is "2" for FULL.
	Value string
}

// pragmaForm is name(value) or name=value.
var pragmaForm = regexp.MustCompile(`^\s*([A-Za-z_]+)\s*(?:\(\s*([^()]*?)\s*\)|=\s*([^()]*?))\s*$`)

// The values that pragmas take: keywords whose positions are the numbers that SQLite
// reports, the keywords themselves, or integers from a minimum.
type domain struct {
	places  []string
	words   []string
	minimum int64
}

func words(list ...string) domain  { return domain{words: list} }
func places(list ...string) domain { return domain{places: list} }

// settable returns the values that a pragma takes, and false for one that a URL may not
// set. Excluded are pragmas that change what a connection is for (query_only,
// locking_mode=exclusive), that last no longer than a transaction, that cannot be read
// back, or that are not settings.
func settable(name string) (domain, bool) {
	switch name {
	case "synchronous":
		return places("off", "normal", "full", "extra"), true
	case "journal_mode":
		return words("wal", "delete", "truncate", "persist"), true
	case "auto_vacuum":
		return places("none", "full", "incremental"), true
	case "temp_store":
		return places("default", "file", "memory"), true
	case "secure_delete":
		return places("off", "on", "fast"), true
	case "locking_mode":
		return words("normal"), true
	case "busy_timeout", "mmap_size", "page_size", "wal_autocheckpoint", "max_page_count", "threads", "analysis_limit":
		return domain{}, true
	case "cache_size", "journal_size_limit":
		return domain{minimum: -1 << 40}, true
	case "automatic_index", "cell_size_check", "checkpoint_fullfsync", "foreign_keys", "fullfsync",
		"ignore_check_constraints", "recursive_triggers", "reverse_unordered_selects", "trusted_schema":
		return places("off", "on"), true
	}
	return domain{}, false
}

// parsePragma reads name(value) and name=value of parameter p.
func parsePragma(p dburl.Param) (Pragma, error) {
	match := pragmaForm.FindStringSubmatch(p.Value)
	if match == nil {
		return Pragma{}, p.Refuse("holds something else than name(value)")
	}
	return newPragma(p, match[1], match[2]+match[3])
}

// newPragma checks a pragma that parameter p asks for.
func newPragma(p dburl.Param, name, value string) (Pragma, error) {
	name, value = strings.ToLower(name), strings.ToLower(strings.Trim(value, `'"`))
	takes, known := settable(name)
	if !known {
		return Pragma{}, p.Refuse("sets the pragma " + name + ", which a URL cannot set")
	}
	if value, ok := takes.canonical(value); ok {
		return Pragma{name, value}, nil
	}
	return Pragma{}, p.Refuse("gives the pragma " + name + " a value that it does not take: it is " + takes.String())
}

func (d domain) canonical(value string) (string, bool) {
	if d.words != nil {
		return value, slices.Contains(d.words, value)
	}
	if len(d.places) == 2 { // off and on
		value = strings.NewReplacer("true", "on", "yes", "on", "false", "off", "no", "off").Replace(value)
	}
	if i := slices.Index(d.places, value); i >= 0 {
		return strconv.Itoa(i), true
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || n < d.minimum || d.places != nil && n >= int64(len(d.places)) {
		return "", false
	}
	return strconv.FormatInt(n, 10), true
}

func (d domain) String() string {
	switch {
	case d.words != nil:
		return strings.Join(d.words, ", ")
	case d.places != nil:
		return strings.Join(d.places, ", ")
	}
	return fmt.Sprintf("a whole number from %d on", d.minimum)
}

// set adds a pragma that parameter p requests. A second, different value is an error.
func (c *Config) set(p dburl.Param, pragma Pragma, err error) error {
	if err != nil {
		return err
	}
	for _, other := range c.Pragmas {
		if other.Name == pragma.Name && other.Value != pragma.Value {
			return p.Refuse("sets the pragma " + pragma.Name + ", which has another value already")
		}
	}
	if !slices.Contains(c.Pragmas, pragma) {
		c.Pragmas = append(c.Pragmas, pragma)
	}
	return nil
}

// asked returns the value that the URL requests, "" for none.
func (c *Config) asked(name string) string {
	for _, p := range c.Pragmas {
		if p.Name == name {
			return p.Value
		}
	}
	return ""
}

// pragmas returns a connection's pragmas in the order in which they are set: first the
// wait for other processes, then what can only be chosen while a file is empty, then how
// the journal mode is written, and then that.
func (c *Config) pragmas(s handle.Settings, r role) []Pragma {
	list := slices.Concat(c.Pragmas, c.defaults())
	if s.UnsyncedCommits { // the program's setting overrides the URL's
		list = slices.DeleteFunc(list, func(p Pragma) bool { return p.Name == "synchronous" })
		list = append(list, Pragma{"synchronous", "1"})
	}
	earlier := []string{"busy_timeout", "page_size", "auto_vacuum", "fullfsync", "synchronous", "journal_mode"}
	place := func(p Pragma) int {
		if i := slices.Index(earlier, p.Name); i >= 0 {
			return i
		}
		return len(earlier)
	}
	slices.SortStableFunc(list, func(x, y Pragma) int { return place(x) - place(y) })
	if r == reading {
		list = append(list, Pragma{"query_only", "1"})
	}
	return list
}

// defaults are the pragmas that the URL does not set. A file's commit is on disk before
// it is acknowledged: with a log once the log is synchronized (FULL), with a rollback
// journal once the directory is synchronized too (EXTRA), because removing the journal is
// what commits.
func (c *Config) defaults() []Pragma {
	synchronous := "2"
	switch mode := c.asked("journal_mode"); {
	case c.InMemory():
		synchronous = "0"
	case mode != "" && mode != "wal":
		synchronous = "3"
	}
	list := []Pragma{
		{"busy_timeout", "5000"}, {"fullfsync", "1"}, {"synchronous", synchronous}, {"foreign_keys", "1"},
	}
	if !c.ReadOnly {
		list = append(list, Pragma{"journal_mode", "wal"})
	}
	return slices.DeleteFunc(list, func(p Pragma) bool { return c.asked(p.Name) != "" })
}
