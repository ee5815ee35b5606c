// Package erase finds and blanks what other programs keep of a person in columns
// that the models do not have, beside those that they have.
package erase

import (
	"context"
	"reflect"
	"slices"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/rows"
)

// personal are the columns that are erased where a table has them: by these,
// applications of the original's family keep an address, a name, where somebody
// signed in from, and what a payment provider told of a payer.
func personal() []string {
	return append(customers(),
		"email", "user_email", "name", "full_name", "first_name", "last_name", "user_name",
		"phone", "phone_number", "address", "image", "avatar", "bio",
		"ip", "ip_address", "user_ip", "client_ip", "signin_ip", "user_agent", "signin_openid")
}

// customers are those of them that are a customer's in a table about two people.
func customers() []string {
	return []string{
		"paid_email", "billing_email", "customer_email", "customer_name", "billing_address", "order_detail", "paid_detail",
	}
}

// column is a column of the live database.
type column struct {
	name    string
	notNull bool
	json    bool
}

// Columns blanks the columns of the model's table that hold personal data and are
// not the model's own, in the rows for which where holds. They become NULL, or an
// empty text or object where they must not be. It returns how many rows had
// something in them; a table without such columns is left alone.
func Columns(ctx context.Context, tx bun.Tx, model any, where string, args ...any) (int64, error) {
	return blank(ctx, tx, model, personal(), where, args)
}

// CustomerColumns is Columns for rows that tell of somebody else beside the customer
// who is to be forgotten.
func CustomerColumns(ctx context.Context, tx bun.Tx, model any, where string, args ...any) (int64, error) {
	return blank(ctx, tx, model, customers(), where, args)
}

func blank(ctx context.Context, tx bun.Tx, model any, names []string, where string, args []any) (int64, error) {
	table := tx.Dialect().Tables().Get(reflect.TypeOf(model).Elem())
	wanted := slices.DeleteFunc(names, func(name string) bool { return table.FieldMap[name] != nil })
	found, err := live(ctx, tx, table.Name, wanted)
	if err != nil || len(found) == 0 {
		return 0, dialect.Classify(err)
	}
	return rows.Each(ctx, tx, model, func(where string, args ...any) (int64, error) {
		return rows.Affected(blanking(rows.Current(tx), table.Name, found).Where(where, args...).Exec(ctx))
	}, where, args...)
}

// blanking blanks the columns in rows where one of them holds something.
func blanking(db bun.IDB, table string, found []column) *bun.UpdateQuery {
	q := db.NewUpdate().TableExpr("?", bun.Ident(table))
	q = q.WhereGroup(" AND ", func(q *bun.UpdateQuery) *bun.UpdateQuery {
		for _, c := range found {
			if c.notNull {
				q = q.WhereOr("CAST(? AS "+textType(db)+") <> ?", bun.Ident(c.name), c.blank())
			} else {
				q = q.WhereOr("? IS NOT NULL", bun.Ident(c.name))
			}
		}
		return q
	})
	for _, c := range found {
		if c.notNull {
			q = q.Set("? = ?", bun.Ident(c.name), c.blank())
		} else {
			q = q.Set("? = NULL", bun.Ident(c.name))
		}
	}
	return q
}

func (c column) blank() string {
	if c.json {
		return "{}"
	}
	return ""
}

func textType(db bun.IDB) string {
	if dialect.Of(db).IsMySQL() {
		return "CHAR"
	}
	return "text"
}
