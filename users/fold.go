package users

import (
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Engines do not agree on the case of letters: SQLite knows ASCII's alone,
// PostgreSQL those of its locale, and MySQL's collations take é for e. What is
// searched is therefore folded here, and stored.

// fold makes texts equal that a reader takes for equal, whatever the case of their
// letters and the way they are composed: Unicode's NFKC with full case folding, by
// which ß is ss, ﬁ is fi and e with an accent is é. Accents count.
func fold(s string) string {
	return norm.NFKC.String(cases.Fold().String(norm.NFKC.String(s)))
}

// maxSearch is how many characters of a folded text are stored.
const maxSearch = 255

// searchable is a text as it is stored for searches: folded, and cut where folding
// made it longer than the column.
func searchable(s string) string {
	folded := fold(s)
	if utf8.RuneCountInString(folded) > maxSearch {
		folded = string([]rune(folded)[:maxSearch])
	}
	return folded
}

// setSearch brings what is searched in line with the user. Deleted users are not.
func (u *User) setSearch() {
	if u.EmailSearch, u.NicknameSearch = searchable(u.Email), searchable(u.Nickname); !u.DeletedAt.IsZero() {
		u.EmailSearch, u.NicknameSearch = "", ""
	}
}

// withSearch adds the columns that are searched to those that are written.
func (u *User) withSearch(columns []string) []string {
	if !slices.Contains(columns, "email") && !slices.Contains(columns, "nickname") {
		return columns
	}
	u.setSearch()
	return append(slices.Clone(columns), "email_search", "nickname_search")
}

// likeEscape makes the character after it stand for itself in a pattern. It is
// no backslash, which MySQL's strings have a use for.
const likeEscape = '!'

// containing is a pattern for what contains a folded text.
func containing(folded string) string {
	return "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(folded) + "%"
}
