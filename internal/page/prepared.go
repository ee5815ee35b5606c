package page

import (
	"context"
	"reflect"
	"strconv"
	"strings"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/moment"
	"github.com/chameleon-go/chameleon/internal/rows"
)

// prepared reads rows after from by a statement that is always the same but for its
// arguments. Where the list has an archive, it reads nothing if any row that the first
// term finds is in there: the table and its archive are read together then.
func (l List[T]) prepared(ctx context.Context, db bun.IDB, from position, limit int, column string) ([]T, error) {
	table := db.Dialect().Tables().Get(reflect.TypeFor[T]())
	caps, alias := dialect.Of(db), table.Alias+"."
	at := moment.Column(caps, alias+column)
	var where []string
	var args []any
	for _, term := range l.By {
		if term.Value != "" {
			where, args = append(where, alias+term.Column+" = ?"), append(args, term.Value)
		}
	}
	if column != l.Column {
		where = append(where, moment.Column(caps, alias+l.Column)+" IS NULL")
	}
	after, values := behind(at, alias+"id", from)
	where, args = append(where, after), append(args, values...)
	if l.Archive != "" {
		where = append(where, "NOT EXISTS (SELECT 1 FROM "+l.Archive.Archive()+" AS k WHERE k."+l.By[0].Column+" = ?)")
		args = append(args, l.By[0].Value)
	}
	order := alias + "id DESC"
	if from.timed {
		order = at + " DESC, " + order
	}
	found := make([]T, 0, limit)
	err := rows.Select[T](db, strings.Join(where, " AND ")+" ORDER BY "+order+" LIMIT "+strconv.Itoa(limit), args...).Scan(ctx, &found)
	return found, dialect.Classify(err)
}
