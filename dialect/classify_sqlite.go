package dialect

import (
	"reflect"
	"strconv"
	"strings"
)

// SQLite's primary result codes, the low byte of the extended ones.
const (
	sqliteError      = 1
	sqlitePerm       = 3
	sqliteBusy       = 5
	sqliteLocked     = 6
	sqliteReadOnly   = 8
	sqliteInterrupt  = 9
	sqliteIOErr      = 10
	sqliteCorrupt    = 11
	sqliteFull       = 13
	sqliteCantOpen   = 14
	sqliteSchema     = 17
	sqliteTooBig     = 18
	sqliteConstraint = 19
	sqliteMismatch   = 20
	sqliteAuth       = 23
	sqliteNotADB     = 26

	sqlitePrimaryKey = 1555
	sqliteUnique     = 2067
	sqliteRowID      = 2579
)

// matchSQLite reads modernc's Error (a Code method) and mattn's (the fields
// Code and ExtendedCode). Many packages have errors with a Code: only types
// from a package with sqlite in its path count.
func matchSQLite(err error) (finding, bool) {
	if !strings.Contains(packagePath(err), "sqlite") {
		return finding{}, false
	}
	code, ok := sqliteCode(err)
	if !ok {
		return finding{}, false
	}
	f := finding{engine: SQLite, code: strconv.Itoa(code)}
	f.kind, f.remedy = sqliteMeaning(code, err.Error())
	switch f.kind {
	case KindUnique:
		f.index = sqliteIndex(err.Error())
	case KindOther:
		f.text = maskQuoted(err.Error())
	}
	return f, true
}

func sqliteCode(err error) (int, bool) {
	if e, ok := err.(interface{ Code() int }); ok {
		return e.Code(), true
	}
	v := structOf(err)
	if !v.IsValid() {
		return 0, false
	}
	for _, name := range [...]string{"ExtendedCode", "Code"} {
		if field := v.FieldByName(name); field.IsValid() && field.Kind() == reflect.Int && field.Int() != 0 {
			return int(field.Int()), true
		}
	}
	return 0, false
}

func sqliteMeaning(code int, message string) (Kind, string) {
	switch code {
	case sqliteUnique, sqlitePrimaryKey, sqliteRowID:
		return KindUnique, ""
	}
	switch code & 0xff {
	case sqliteError:
		if sqliteSchemaMissing(message) {
			return KindSchemaMissing, ""
		}
		return KindOther, ""
	case sqliteBusy, sqliteLocked, sqliteSchema:
		return KindTransient, ""
	case sqliteReadOnly, sqlitePerm, sqliteAuth:
		return KindPermission, remedyFile
	case sqliteCantOpen:
		return KindNoDatabase, remedyFile
	case sqliteNotADB:
		return KindNoDatabase, remedyNotADatabase
	case sqliteConstraint, sqliteMismatch, sqliteTooBig:
		return KindConstraint, ""
	case sqliteInterrupt:
		return KindCanceled, ""
	case sqliteFull, sqliteIOErr:
		return KindUnavailable, remedyResources
	case sqliteCorrupt:
		return KindUnavailable, remedyCorrupt
	}
	return KindOther, ""
}

// sqliteSchemaMissing reads the message: SQLite gives code 1 to everything
// that it finds wrong with a statement.
func sqliteSchemaMissing(message string) bool {
	return strings.Contains(message, "no such table: ") ||
		strings.Contains(message, "no such column: ") ||
		strings.Contains(message, " has no column named ")
}

// sqliteIndex returns the columns of "UNIQUE constraint failed: t.a, t.b
// (2067)" as "t.a,t.b", or the name of "… failed: index 'name'".
func sqliteIndex(message string) string {
	const mark = "UNIQUE constraint failed: "
	_, columns, ok := strings.Cut(message, mark)
	if !ok {
		return ""
	}
	if i := strings.LastIndex(columns, " ("); i >= 0 {
		columns = columns[:i]
	}
	if name, ok := strings.CutPrefix(columns, "index '"); ok {
		return strings.TrimSuffix(name, "'")
	}
	return strings.ReplaceAll(columns, ", ", ",")
}
