package dialect

import (
	"reflect"
	"strings"
	"unicode/utf8"
)

// Remedies of single codes, where the kind's own would mislead.
const (
	remedyReadOnly = "the server is read-only, perhaps a replica or a primary after failover: " +
		"connect to the primary, and reconnect if the address is right"
	remedyRefusedHost = "check the user and password in DATABASE_URL, and that the server accepts this user " +
		"from this host and with this TLS setting (some demand sslmode=require, ssl-mode=REQUIRED)"
	remedyAborted = "an earlier statement of this transaction failed and its error was passed over: " +
		"return that error, or use ON CONFLICT or a savepoint; nothing was stored"
	remedyPooler = "a transaction pooler stands in between: prepared statements need a direct connection, " +
		"or the pooler option when opening"
	remedyOneShard = "the transaction reaches several shards or keyspaces, which this server does not allow: " +
		"keep each transaction to one account, or set Vitess' transaction_mode to MULTI or TWOPC"
	remedyProtocol = "the server or pooler refused the protocol: check the parameters after ? in DATABASE_URL, " +
		"and that it is a database that listens there"
	remedyNoAnswer = "the server did not answer in time: check that a database listens at the host and port in DATABASE_URL, " +
		"that the firewall lets this host through (one that drops packets looks like this), and that the server is not overloaded"
	remedyHandshake = "the server and this client do not agree on how to log in: check the user's authentication method on the server " +
		"(scram-sha-256 suits), and channel_binding, require_auth and sslmode in DATABASE_URL"
	remedyPlugin = "give the user an authentication method that sends no password in the clear, such as caching_sha2_password " +
		"or mysql_native_password: ALTER USER … IDENTIFIED WITH …"
	remedyOldServer    = "the server speaks MySQL's protocol from before 4.1: upgrade it, or check what listens at the host and port in DATABASE_URL"
	remedyInfile       = "LOAD DATA LOCAL reads files of this machine and is never allowed here: send the rows with INSERT"
	remedyPacket       = "send less in one statement, or raise max_allowed_packet on the server"
	remedyResources    = "free disk space or memory on the database server"
	remedyHost         = "check the host name in DATABASE_URL and this machine's DNS"
	remedyFile         = "check the path in DATABASE_URL, that its directory exists, and that this process may write the file and its directory"
	remedyNotADatabase = "the file in DATABASE_URL is not a SQLite database: check the path"
	remedyCorrupt      = "restore the file from a backup"
	remedyOutcome      = "the answer did not arrive, so the work may be stored, or not, or still be on its way; " +
		"call again with the same idempotency key: it answers with what is stored, or does the work once"
)

// remedy says what to do about a failure of this kind.
func (k Kind) remedy() string {
	switch k {
	case KindUnavailable:
		return "check that the database server is running, that the firewall lets this host through, " +
			"and that DATABASE_URL has the right host and port"
	case KindUnauthenticated:
		return "check the user and password in DATABASE_URL"
	case KindPermission:
		return "grant the database user CREATE, SELECT, INSERT, UPDATE and DELETE on this database"
	case KindNoDatabase:
		return "create the database, or correct its name in DATABASE_URL"
	case KindTLS:
		return "make the TLS setting in DATABASE_URL match what the server offers (sslmode, ssl-mode), " +
			"and trust the authority that signed its certificate"
	case KindTooManyConnections:
		return "make the pools of the connected processes smaller, raise the server's limit, or use a pooler"
	case KindUnsupportedVersion:
		return "upgrade the server"
	case KindSchemaMissing:
		return "create the tables: chameleon push on the command line, or chameleon.Push in Go, or schema.Push of some models"
	case KindUnique:
		return "a row with this value exists already: read that one, or use another value"
	case KindConstraint:
		return "correct the value"
	case KindTransient:
		return "run the whole transaction again; if it keeps failing, look for long transactions on the same rows"
	case KindTimeout:
		return "try again; if it keeps failing, look for a slow query or a held lock, or allow more time"
	case KindCanceled:
		return "none needed, the caller gave up"
	case KindClosed:
		return "keep the handle open for as long as it is used, and a transaction within its function"
	case KindTimeZone:
		return "open the handle in UTC: loc=UTC and time_zone='+00:00'"
	default:
		return "look up the code in the engine's manual"
	}
}

// safeText is err's text on one line, without the values that the driver
// quotes from the statement.
func safeText(err error) string {
	if err == nil {
		return ""
	}
	text := err.Error()
	if f, ok := search(err, everything); ok && f.text != "" {
		leaf := f.leaf.Error()
		if !strings.Contains(text, leaf) {
			text = leaf
		}
		text = strings.ReplaceAll(text, leaf, f.text)
	}
	return strings.Join(strings.Fields(text), " ")
}

// quotationMarks are those of the languages in which servers speak: lc_messages
// may be any.
const quotationMarks = `'"` + "`" + "«»‹›„“”‚‘’「」『』"

// maskQuoted replaces all between the first quotation mark and the last: a
// value may hold such marks itself.
func maskQuoted(text string) string {
	first, last := strings.IndexAny(text, quotationMarks), strings.LastIndexAny(text, quotationMarks)
	if first == last {
		return text
	}
	_, width := utf8.DecodeRuneInString(text[first:])
	return text[:first+width] + "…" + text[last:]
}

// structOf returns the struct that err is or points to, or a zero Value.
func structOf(err error) reflect.Value {
	v := reflect.ValueOf(err)
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct {
		return reflect.Value{}
	}
	return v
}

// stringField returns the exported string field of that name, or "".
func stringField(err error, name string) string {
	if v := structOf(err); v.IsValid() {
		if f := v.FieldByName(name); f.Kind() == reflect.String {
			return f.String()
		}
	}
	return ""
}
