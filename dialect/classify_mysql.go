package dialect

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// matchMySQL reads mysql.MySQLError: a struct of that name with a Number and a
// Message.
func matchMySQL(err error) (finding, bool) {
	v := structOf(err)
	if !v.IsValid() || v.Type().Name() != "MySQLError" {
		return finding{}, false
	}
	number, message := v.FieldByName("Number"), v.FieldByName("Message")
	if number.Kind() != reflect.Uint16 || message.Kind() != reflect.String {
		return finding{}, false
	}
	code, _ := reflect.TypeAssert[uint16](number)
	n := int(code)
	f := finding{engine: mysqlEngine(n), code: strconv.Itoa(n)}
	f.kind, f.remedy = mysqlMeaning(n)
	if kind, remedy, ok := sharedCode(n, message.String()); ok {
		f.kind, f.remedy = kind, remedy
	}
	f.lost = mysqlLost(n)
	switch {
	case f.kind == KindUnique:
		f.index = mysqlIndex(message.String())
		f.text = fmt.Sprintf("Error %d: duplicate entry for key '%s'", n, f.index)
	case n == 9007: // its key, handle and values stand in the message without quotation marks
		f.text = "Error 9007: write conflict"
	case f.kind == KindOther, mysqlQuotesValues(n):
		f.text = maskQuoted(err.Error())
	}
	return f, true
}

// mysqlEngine tells MariaDB by the ranges of codes that only it has. InTx
// knows from its handle.
func mysqlEngine(n int) Engine {
	if n >= 1900 && n < 2000 || n >= 4000 && n < 5000 {
		return MariaDB
	}
	return MySQL
}

func mysqlMeaning(n int) (Kind, string) {
	switch n {
	case 1062, 1586, 1022, 1169, 1859:
		return KindUnique, ""
	case 1205, // lock wait timeout: the statement is undone, the transaction is open
		1213, 3572, // deadlock, NOWAIT
		1317,                         // interrupted: Vitess' transaction timeout
		1020,                         // MariaDB: record changed since last read (snapshot isolation)
		9004,                         // TiDB: a lock that others hold, waited for too long
		8002, 8005, 8022, 8028, 9007: // TiDB: write conflicts, schema changed at commit
		return KindTransient, ""
	case 3024, 1969, 1907:
		return KindTimeout, ""
	case 1146, 1054, 1051:
		return KindSchemaMissing, ""
	case 1049, 1046:
		return KindNoDatabase, ""
	case 1045: // also a user that requires TLS
		return KindUnauthenticated, remedyRefusedHost
	case 1698, 1251, 1275, 1524, 1820, 1862, 3118:
		return KindUnauthenticated, ""
	case 1044, 1142, 1143, 1227, 1370:
		return KindPermission, ""
	case 3948, 3950, 1148:
		return KindPermission, remedyInfile
	case 1290, 1792, 1836:
		return KindPermission, remedyReadOnly
	case 1040, 1203, 1226:
		return KindTooManyConnections, ""
	case 3159:
		return KindTLS, ""
	case 1130, 1129:
		return KindUnavailable, remedyRefusedHost
	case 1021, 1037, 1038, 1041, 1114:
		return KindUnavailable, remedyResources
	case 8501: // TiDB: execution result undetermined
		return KindUnavailable, ""
	}
	switch {
	case mysqlLost(n), n >= 9001 && n <= 9003, n == 9005, n == 9006:
		return KindUnavailable, ""
	case mysqlConstraint(n):
		return KindConstraint, ""
	}
	return KindOther, ""
}

// sharedCode tells apart what one code stands for. It reads messages, because
// TiDB and Vitess have no other way to say it: 1105 is MySQL's unknown error,
// and Vitess gives 1317 to whatever it aborted.
func sharedCode(n int, message string) (kind Kind, remedy string, ok bool) {
	switch {
	case n == 1105 && strings.Contains(message, "pessimistic lock retry limit reached"):
		return KindTransient, "", true
	case n == 1317 && strings.Contains(message, "multi-db transaction attempted"):
		return KindOther, remedyOneShard, true
	}
	return 0, "", false
}

// mysqlConstraint holds the codes of values that the schema refuses.
func mysqlConstraint(n int) bool {
	switch n {
	case 1048, 1364, // null, no default
		1264, 1406, 1265, 1690, // out of range, too long, truncated
		1366, 1292, 1411, 1300, 3854, // not valid for the type or character set
		3819, 4025, // check: MySQL, MariaDB
		1216, 1217, 1451, 1452, 1557, 1761, // foreign keys
		1153: // larger than max_allowed_packet
		return true
	}
	return n >= 3140 && n <= 3158 // JSON
}

// mysqlQuotesValues holds the codes whose messages quote what was sent.
func mysqlQuotesValues(n int) bool {
	switch n {
	case 1366, 1292, 1411, 1300, 1690, 3854:
		return true
	}
	return n >= 3140 && n <= 3158
}

// mysqlLost holds the codes that say that the connection is gone: shutdown,
// killed, broken packets, and the client's own 2006 and 2013 that proxies pass
// on.
func mysqlLost(n int) bool {
	switch n {
	case 1053, 1077, 1079, 1080, 1152, 1158, 1159, 1160, 1161, 1184, 1927, 1950, 2006, 2013, 2055, 3169, 4031:
		return true
	}
	return false
}

// mysqlIndex returns the index that a duplicate's message names: 't.idx' from
// MySQL, 'idx' from MariaDB. No field holds it. The last match counts, because
// the value before it may hold anything. In the server's other languages it is
// what is quoted last.
func mysqlIndex(message string) string {
	const mark = " for key '"
	name := ""
	if start := strings.LastIndex(message, mark); start >= 0 {
		name, _, _ = strings.Cut(message[start+len(mark):], "'")
	} else if end := strings.LastIndexByte(message, '\''); end >= 0 {
		name = message[strings.LastIndexByte(message[:end], '\'')+1 : end]
	}
	return name[strings.LastIndexByte(name, '.')+1:]
}
