package dialect

import (
	"database/sql"
	"reflect"
	"sync"
	"time"

	"github.com/uptrace/bun/schema"

	"github.com/chameleon-go/chameleon/internal/wallclock"
)

// utcDialect is the dialect of somebody else's handle, but writes times in UTC,
// and reads them in UTC from a driver that takes them for times of another
// place.
type utcDialect struct {
	schema.Dialect
	tables *schema.Tables
}

// utcModels are the tables of all such dialects: what they are made of is the
// same for all, and takes long to make. They begin with whichever is first.
//
//nolint:gochecknoglobals // a cache of what follows from the models' types
var utcModels struct {
	once   sync.Once
	tables *schema.Tables
}

func inUTC(of schema.Dialect) *utcDialect {
	utcModels.once.Do(func() {
		first := &utcDialect{Dialect: of}
		first.tables = schema.NewTables(first)
		utcModels.tables = first.tables
	})
	return &utcDialect{Dialect: of, tables: utcModels.tables}
}

// Init does nothing: the handle's dialect has been initialized.
func (d *utcDialect) Init(*sql.DB) {}

func (d *utcDialect) Tables() *schema.Tables { return d.tables }

// Capabilities are those of any handle of others, with what the handle carries along, and
// with what limits its statements.
func (d *utcDialect) Capabilities() Capabilities {
	of := OfDialect(d.Dialect)
	return Capabilities{Engine: MySQL, Foreign: true, Sharded: of.Sharded, Events: of.Events, Observer: of.Observer, Cache: of.Cache}
}

func (d *utcDialect) AppendTime(b []byte, at time.Time) []byte {
	return at.UTC().AppendFormat(b, "'2006-01-02 15:04:05.999999'")
}

// OnTable makes the model's times be read as UTC.
func (d *utcDialect) OnTable(table *schema.Table) {
	d.Dialect.OnTable(table)
	for _, field := range table.FieldMap {
		if field.StructField.Type != reflect.TypeFor[time.Time]() {
			continue
		}
		scan := field.Scan
		field.Scan = func(dest reflect.Value, src any) error {
			at, located := src.(time.Time)
			if !located {
				return scan(dest, src)
			}
			shown, other := wallclock.UTC(at)
			if !other.IsZero() {
				return zoneError("open the handle with loc=UTC",
					"the driver read a time as %s, which may be %s or %s in UTC: the clocks of its location skip an hour there",
					at, shown.Format(time.DateTime), other.Format(time.DateTime))
			}
			return scan(dest, shown)
		}
	}
}
