package sessions

import "strings"

// Postgres holds the settings of a session on PostgreSQL, as SHOW returns them. One
// that the server does not report is empty, and fits.
type Postgres struct{ Strings, Encoding, Dates string }

// AskPostgres selects the columns that [Postgres.Dest] scans.
const AskPostgres = "current_setting('standard_conforming_strings'), current_setting('client_encoding'), current_setting('DateStyle')"

// Dest returns where to scan the columns of [AskPostgres].
func (s *Postgres) Dest() []any { return []any{&s.Strings, &s.Encoding, &s.Dates} }

// Faults returns what is wrong with the session, the worst first.
func (s *Postgres) Faults() (faults []Fault) {
	if s.Strings != "" && s.Strings != "on" {
		faults = append(faults, fault("backslash_quotes", "standard_conforming_strings", s.Strings, "on",
			"texts with a backslash are stored differently, and a quote may end one"))
	}
	if s.Encoding != "" && !IsUTF8(s.Encoding) {
		faults = append(faults, fault("client_encoding", "client_encoding", s.Encoding, "UTF8",
			"texts are read and written incorrectly, and a text may end its literal"))
	}
	if s.Dates != "" && !strings.HasPrefix(strings.ToUpper(s.Dates), "ISO") {
		faults = append(faults, fault("date_style", "DateStyle", s.Dates, "ISO", "pgx cannot read times that are sent as text"))
	}
	return faults
}

// IsUTF8 reports whether PostgreSQL takes name for the encoding UTF8. Like the server, it
// ignores case and punctuation. The server reports UNICODE, an old alias, as it was set.
func IsUTF8(name string) bool {
	clean := strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToUpper(name))
	return clean == "UTF8" || clean == "UNICODE"
}
