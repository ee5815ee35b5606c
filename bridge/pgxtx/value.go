package pgxtx

import (
	"database/sql/driver"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// value is one column of a row, in the Go types that pgx's own database/sql
// driver returns, so that a verb reads the same from both.
func (r *rows) value(f pgconn.FieldDescription, raw []byte) (driver.Value, error) {
	if raw == nil {
		return nil, nil
	}
	switch f.DataTypeOID {
	case pgtype.BoolOID:
		return scan[bool](r.types, f, raw)
	case pgtype.Int2OID, pgtype.Int4OID, pgtype.Int8OID:
		return scan[int64](r.types, f, raw)
	case pgtype.Float4OID, pgtype.Float8OID:
		return scan[float64](r.types, f, raw)
	case pgtype.ByteaOID:
		return scan[[]byte](r.types, f, raw)
	case pgtype.DateOID, pgtype.TimestampOID, pgtype.TimestamptzOID:
		return scan[time.Time](r.types, f, raw)
	}
	return string(raw), nil
}

func scan[T any](types *pgtype.Map, f pgconn.FieldDescription, raw []byte) (driver.Value, error) {
	var v T
	err := types.Scan(f.DataTypeOID, f.Format, raw, &v)
	return v, err
}
