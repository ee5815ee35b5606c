package schema

import (
	"context"
	"database/sql"
	"regexp"
	"slices"
	"strings"

	"github.com/uptrace/bun"
)

// rights reads SHOW GRANTS. What a server does not show, or shows in an unknown form, counts
// as granted: the server itself will refuse, and a push must not be prevented where it would
// succeed.
func (eng mysqlEngine) rights(ctx context.Context, q bun.IConn, needs []need) ([]Right, error) {
	var database, user sql.NullString
	if err := q.QueryRowContext(ctx, "SELECT DATABASE(), CURRENT_USER()").Scan(&database, &user); err != nil {
		return nil, err
	}
	grants, known := readGrants(ctx, q)
	at := strings.LastIndex(user.String, "@")
	account := eng.quote(user.String[:max(at, 0)]) + "@" + eng.quote(user.String[at+1:])
	var all []Right
	for _, n := range needs {
		for _, right := range rightsFor(n.what) {
			on := eng.quote(database.String) + ".*"
			if n.table != "" {
				on = eng.quote(database.String) + "." + eng.quote(n.table)
			}
			all = append(all, Right{
				Right: right, On: on, Grant: "GRANT " + right + " ON " + on + " TO " + account,
				Granted: !known || grants.allow(right, database.String, n.table),
			})
		}
	}
	return all, nil
}

// rightsFor returns the rights that MySQL and MariaDB require.
func rightsFor(what needed) []string {
	switch what {
	case toCreate:
		return []string{"CREATE"}
	case toAlter:
		return []string{"ALTER"}
	case toDrop:
		return []string{"DROP"}
	case toLock:
		return []string{"LOCK TABLES"}
	case toRecord:
		return []string{"SELECT", "INSERT", "UPDATE"}
	}
	return nil
}

// grant is one line of SHOW GRANTS.
type grant struct {
	revoked         bool
	rights          []string
	database, table string // "*" for all
}

type grants []grant

// readGrants reads the grants of the session's user, of its active roles, and of PUBLIC.
// known is false if they cannot be read.
func readGrants(ctx context.Context, q bun.IConn) (all grants, known bool) {
	show := "SHOW GRANTS"
	var version string
	var role sql.NullString
	if err := q.QueryRowContext(ctx, "SELECT VERSION(), CURRENT_ROLE()").Scan(&version, &role); err != nil {
		return nil, false
	}
	mariaDB := strings.Contains(version, "MariaDB")
	if !mariaDB && role.String != "" && role.String != "NONE" {
		show = "SHOW GRANTS FOR CURRENT_USER() USING " + role.String
	}
	lines, err := texts(ctx, q, show)
	if err != nil {
		return nil, false
	}
	if mariaDB {
		public, _ := texts(ctx, q, "SHOW GRANTS FOR PUBLIC") // of 10.11 and later
		lines = append(lines, public...)
	}
	for _, line := range lines {
		if g, ok := parseGrant(line); ok {
			all = append(all, g)
		}
	}
	return all, len(all) > 0
}

func texts(ctx context.Context, q bun.IConn, query string) (lines []string, err error) {
	err = each(ctx, q, query, nil, func(rows *sql.Rows) error {
		var line string
		err := rows.Scan(&line)
		lines = append(lines, line)
		return err
	})
	return lines, err
}

// parseGrant reads a line such as GRANT SELECT, INSERT ON `shop`.* TO …. Grants of roles and
// routines do not concern tables.
func parseGrant(line string) (g grant, ok bool) {
	const name = "(\\*|`(?:[^`]|``)*`|\"(?:[^\"]|\"\")*\")"
	parts := regexp.MustCompile(`^(GRANT|REVOKE) (.+?) ON ` + name + `\.` + name + ` (?:TO|FROM) `).FindStringSubmatch(line)
	if parts == nil {
		return grant{}, false
	}
	columns := regexp.MustCompile(` ?\([^)]*\)`)
	for right := range strings.SplitSeq(columns.ReplaceAllStringFunc(parts[2], func(string) string { return " OF COLUMNS" }), ",") {
		g.rights = append(g.rights, strings.TrimSpace(right))
	}
	g.revoked = parts[1] == "REVOKE"
	g.database, g.table = unquote(parts[3]), unquote(parts[4])
	return g, true
}

func unquote(name string) string {
	if name == "*" {
		return name
	}
	mark := name[:1]
	return strings.ReplaceAll(name[1:len(name)-1], mark+mark, mark)
}

// allow reports whether the right is granted on a table, or on all tables of the database if
// table is empty. A right that was revoked for the database is not granted, even if it is
// granted on all databases.
func (gs grants) allow(right, database, table string) bool {
	allowed := false
	for _, g := range gs {
		covers := g.database == "*" || g.table == "*" && like(g.database, database) || g.database == database
		covers = covers && (g.table == "*" || table != "" && strings.EqualFold(g.table, table))
		if !covers || !slices.Contains(g.rights, right) && !slices.Contains(g.rights, "ALL PRIVILEGES") {
			continue
		}
		if g.revoked {
			return false
		}
		allowed = true
	}
	return allowed
}

// like matches the database pattern of a grant, in which unescaped _ and % are wildcards.
func like(pattern, database string) bool {
	var b strings.Builder
	b.WriteString("(?is)^")
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '\\' && i+1 < len(pattern):
			i++
			b.WriteString(regexp.QuoteMeta(pattern[i : i+1]))
		case c == '_':
			b.WriteString(".")
		case c == '%':
			b.WriteString(".*")
		default:
			b.WriteString(regexp.QuoteMeta(string([]byte{c})))
		}
	}
	b.WriteString("$")
	re, err := regexp.Compile(b.String())
	return err != nil || re.MatchString(database)
}

func (mysqlEngine) ownsWhatItMakes() bool { return false }
