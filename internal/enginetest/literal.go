package enginetest

import (
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/chameleon-go/chameleon/dialect"
)

var numbered = regexp.MustCompile(`\$\d+`)

// Literal is the statement with its arguments written into it.
func (e *Env) Literal(s Statement) string {
	args := s.Args
	if mode := dialect.Of(e.DB).Prepared; mode != nil && len(args) > 0 && args[0] == mode {
		args = args[1:]
	}
	switch {
	case len(args) == 0:
		return s.Text
	case e.Engine == dialect.PostgreSQL:
		return numbered.ReplaceAllStringFunc(s.Text, func(name string) string {
			n, _ := strconv.Atoi(name[1:])
			return e.literal(args[n-1])
		})
	}
	var b strings.Builder
	rest := s.Text
	for _, arg := range args {
		before, after, _ := strings.Cut(rest, "?")
		b.WriteString(before + e.literal(arg))
		rest = after
	}
	return b.String() + rest
}

// literal is a value in SQL.
func (e *Env) literal(value any) string {
	switch v := value.(type) {
	case nil:
		return "NULL"
	case time.Time:
		return v.UTC().Format("'2006-01-02 15:04:05.999999'")
	case []byte:
		return e.literal(string(v))
	case string:
		if dialect.Of(e.DB).IsMySQL() {
			v = strings.ReplaceAll(v, `\`, `\\`)
		}
		return "'" + strings.ReplaceAll(v, "'", "''") + "'"
	}
	if v := reflect.ValueOf(value); v.Kind() == reflect.String {
		return e.literal(v.String())
	}
	return fmt.Sprintf("(%v)", value)
}
