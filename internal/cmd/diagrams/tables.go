package main

import (
	"reflect"
	"slices"
	"strings"

	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/apikeys"
	"github.com/chameleon-go/chameleon/content"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/providers"
	"github.com/chameleon-go/chameleon/users"
)

// references are the columns that name a row of another table, by that table.
func references() map[string]string {
	return map[string]string{
		"user_uuid": "users", "customer_uuid": "users", "referrer_uuid": "users", "invited_by": "users",
		"order_no": "orders", "order_uuid": "orders", "first_order_no": "orders", "sub_id": "subscriptions", "gen_id": "generations", "provider_name": "ai_provider_keys",
	}
}

// table is what the diagram shows of a model.
type table struct {
	name    string
	columns []column
}

type column struct {
	name, kind, key string
}

// tableDiagram draws every model's table.
func tableDiagram() string {
	tables := readTables()
	known := map[string]bool{}
	for _, t := range tables {
		known[t.name] = true
	}
	var b strings.Builder
	b.WriteString("```mermaid\nerDiagram\n")
	for _, t := range tables {
		b.WriteString("    " + t.name + " {\n")
		for _, c := range t.columns {
			b.WriteString("        " + strings.TrimSpace(c.kind+" "+c.name+" "+c.key) + "\n")
		}
		b.WriteString("    }\n")
	}
	for _, t := range tables {
		for _, c := range t.columns {
			if to := references()[c.name]; known[to] && to != t.name {
				b.WriteString("    " + to + " |o..o{ " + t.name + " : " + c.name + "\n")
			}
		}
	}
	b.WriteString("```\n")
	return b.String()
}

// readTables reads the models' tables, each once, in order.
func readTables() []table {
	var tables []table
	seen := map[reflect.Type]bool{}
	for _, models := range [][]any{
		users.Models(), credits.Models(), orders.Models(), affiliates.Models(), generations.Models(),
		providers.Models(), apikeys.Models(), content.Models(),
	} {
		for _, model := range models {
			if typ := reflect.TypeOf(model).Elem(); !seen[typ] {
				seen[typ] = true
				tables = append(tables, readTable(model, typ))
			}
		}
	}
	slices.SortFunc(tables, func(x, y table) int { return strings.Compare(x.name, y.name) })
	return tables
}

// readTable reads a model's bun tags.
func readTable(model any, typ reflect.Type) table {
	var t table
	unique := uniqueColumns(model)
	for field := range typ.Fields() {
		tag := field.Tag.Get("bun")
		name, options, _ := strings.Cut(tag, ",")
		if rest, ok := strings.CutPrefix(name, "table:"); ok {
			t.name = rest
			continue
		}
		if name == "" || name == "-" {
			continue
		}
		c := column{name: name, kind: kindOf(options)}
		switch {
		case slices.Contains(strings.Split(options, ","), "pk"):
			c.key = "PK"
		case unique[name]:
			c.key = "UK"
		}
		t.columns = append(t.columns, c)
	}
	return t
}

// kindOf is the column's type without its length.
func kindOf(options string) string {
	_, kind, _ := strings.Cut(options, "type:")
	kind, _, _ = strings.Cut(kind, ",")
	kind, _, _ = strings.Cut(kind, "(")
	return strings.ReplaceAll(kind, " ", "_")
}

// uniqueColumns are those with a unique index of their own.
func uniqueColumns(model any) map[string]bool {
	unique := map[string]bool{}
	if indexed, ok := model.(dialect.Indexed); ok {
		for _, index := range indexed.Indexes() {
			if index.Unique && len(index.Columns) == 1 {
				unique[index.Columns[0]] = true
			}
		}
	}
	return unique
}
