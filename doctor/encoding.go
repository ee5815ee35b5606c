package doctor

import (
	"context"
	"strings"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/shown"
)

// encoding looks at what texts the database can hold, and how it compares them.
func (e *exam) encoding(ctx context.Context) error {
	switch {
	case e.caps.Engine == dialect.PostgreSQL:
		return e.encodingPostgres(ctx)
	case e.caps.IsMySQL():
		return e.encodingMySQL(ctx)
	}
	return nil // SQLite's texts are UTF-8, and compare by bytes
}

func (e *exam) encodingPostgres(ctx context.Context) error {
	var encoding, was, is string
	err := e.read(ctx, func(ctx context.Context, q bun.IDB) error {
		if err := q.NewRaw("SHOW server_encoding").Scan(ctx, &encoding); err != nil {
			return err
		}
		var number int
		if err := q.NewRaw("SELECT current_setting('server_version_num')::int").Scan(ctx, &number); err != nil || number < 150000 {
			return err
		}
		return q.NewRaw("SELECT COALESCE(datcollversion, ''), COALESCE(pg_database_collation_actual_version(oid), '') "+
			"FROM pg_database WHERE datname = current_database()").Scan(ctx, &was, &is)
	})
	if err != nil {
		return err
	}
	if encoding != "UTF8" {
		e.findf("server_encoding", Warning, "make a database with ENCODING 'UTF8' and copy the rows",
			"the database's encoding is %s: it cannot hold every script", shown.Text(encoding))
	}
	if was != is && was != "" && is != "" {
		e.findf("collation_version", Warning, "REINDEX DATABASE, then ALTER DATABASE … REFRESH COLLATION VERSION",
			"the operating system's collation has changed (%s, now %s): indexes on texts may miss rows", shown.Text(was), shown.Text(is))
	}
	return nil
}

// encodingMySQL looks at the columns of ours that hold text. Which of them have to
// compare by bytes the models say; columns of the original's do not, which the
// library knows of.
func (e *exam) encodingMySQL(ctx context.Context) error {
	var columns []struct {
		Table   string `bun:"t"`
		Column  string `bun:"c"`
		Charset string `bun:"charset"`
		Collate string `bun:"collation"`
	}
	names := e.wanted()
	if len(names) == 0 {
		return skipped("no models")
	}
	err := e.read(ctx, func(ctx context.Context, q bun.IDB) error {
		return q.NewRaw("SELECT TABLE_NAME AS t, COLUMN_NAME AS c, CHARACTER_SET_NAME AS charset, COLLATION_NAME AS collation "+
			"FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND CHARACTER_SET_NAME IS NOT NULL AND TABLE_NAME IN (?) "+
			"ORDER BY 1, 2", bun.List(names)).Scan(ctx, &columns)
	})
	if err != nil {
		return err
	}
	var narrow, loose []string
	for _, c := range columns {
		field := e.field(c.Table, c.Column)
		if field == nil {
			continue
		}
		exact := strings.Contains(field.StructField.Tag.Get("chameleon"), "exact")
		switch {
		case exact && !strings.HasSuffix(c.Collate, "_bin"):
			loose = append(loose, c.Table+"."+c.Column)
		case !exact && !strings.HasPrefix(c.Charset, "utf8mb4"):
			narrow = append(narrow, c.Table+"."+c.Column)
		}
	}
	if len(narrow) > 0 {
		e.findf("server_encoding", Warning, "ALTER TABLE … CONVERT TO CHARACTER SET utf8mb4, while the application is stopped",
			"columns cannot hold every script: %s", some(narrow))
	}
	if len(loose) > 0 {
		e.findf("collation", Info, "none for tables of the original application; tables that a push creates compare by bytes",
			"columns of names compare without regard to case or accents: %s; an account or key in another spelling is refused", some(loose))
	}
	return nil
}

// some names the first few of many.
func some(names []string) string {
	const few = 5
	if len(names) > few {
		return strings.Join(names[:few], ", ") + " and others"
	}
	return strings.Join(names, ", ")
}
