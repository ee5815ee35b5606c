package dialect

import "strings"

// matchPostgres reads pgconn.PgError and pq.Error (SQLState) and
// pgdriver.Error (Field).
func matchPostgres(err error) (finding, bool) {
	var code, index, routine string
	switch e := err.(type) {
	case interface{ SQLState() string }:
		code = e.SQLState()
		if index = stringField(err, "ConstraintName"); index == "" {
			index = stringField(err, "Constraint")
		}
		routine = stringField(err, "Routine")
	case interface{ Field(byte) string }:
		code, index, routine = e.Field('C'), e.Field('n'), e.Field('R')
	}
	if len(code) != 5 {
		return finding{}, false
	}
	f := finding{engine: PostgreSQL, code: code}
	f.kind, f.remedy = postgresMeaning(code, routine)
	f.lost = postgresLost(code)
	if f.kind == KindUnique {
		f.index = index
	}
	if strings.HasPrefix(code, "22") || code == "42601" {
		f.text = maskQuoted(err.Error())
	}
	return f, true
}

func postgresMeaning(code, routine string) (Kind, string) {
	switch code {
	case "23505":
		return KindUnique, ""
	case "40001", "40P01", "55P03":
		return KindTransient, ""
	case "0A000":
		// "cached plan must not change result type": the schema changed under
		// a prepared statement, which the next attempt prepares anew.
		if routine == "RevalidateCachedQuery" {
			return KindTransient, ""
		}
		return KindOther, ""
	case "57014", "25P03", "25P04":
		return KindTimeout, ""
	case "42P01", "42703", "3F000":
		return KindSchemaMissing, ""
	case "3D000", "57P04":
		return KindNoDatabase, ""
	case "42501":
		return KindPermission, ""
	case "25006":
		return KindPermission, remedyReadOnly
	case "53300":
		return KindTooManyConnections, ""
	case "28000":
		return KindUnauthenticated, remedyRefusedHost
	case "25P02":
		return KindOther, remedyAborted
	case "26000", "42P05":
		return KindOther, remedyPooler
	case "08P01":
		return KindUnavailable, remedyProtocol
	case "40003":
		return KindUnavailable, ""
	}
	return postgresClass(code[:2])
}

// postgresClass is the meaning of a SQLSTATE's class, for codes that have none
// of their own.
func postgresClass(class string) (Kind, string) {
	switch class {
	case "08", "57", "58":
		return KindUnavailable, ""
	case "53":
		return KindUnavailable, remedyResources
	case "28":
		return KindUnauthenticated, ""
	case "22", "23", "44":
		return KindConstraint, ""
	case "40":
		return KindTransient, ""
	}
	return KindOther, ""
}

// postgresLost reports whether a code says that the connection is gone or that
// the server is only now starting.
func postgresLost(code string) bool {
	switch code {
	case "08000", "08003", "08006", "08007", "57P01", "57P02", "57P03", "57P05":
		return true
	}
	return false
}
