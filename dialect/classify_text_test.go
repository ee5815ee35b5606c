package dialect_test

import (
	"fmt"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/dialect/testdata/sqlite3"
)

func TestErrorTextHoldsNoValues(t *testing.T) {
	const secret = "sk-live-1'2\"tail"
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"MySQL duplicate": {
			&mysql.MySQLError{Number: 1062, Message: "Duplicate entry '" + secret + "' for key 'apikeys.apikeys_api_key_unique'"},
			"duplicate value in apikeys_api_key_unique",
		},
		"MySQL syntax": {
			&mysql.MySQLError{Number: 1064, Message: "You have an error in your SQL syntax near '" + secret + "' at line 1"},
			"You have an error in your SQL syntax near '…' at line 1",
		},
		"MySQL encoding": {
			&mysql.MySQLError{Number: 1366, Message: "Incorrect string value: '" + secret + "' for column 'x' at row 1"},
			"Incorrect string value: '…' at row 1",
		},
		"PostgreSQL syntax": {
			&pgconn.PgError{Severity: "ERROR", Code: "42601", Message: `syntax error at or near "` + secret + `"`},
			`syntax error at or near "…"`,
		},
		"PostgreSQL input": {
			&pgconn.PgError{Severity: "ERROR", Code: "22P02", Message: `invalid input syntax for type integer: "` + secret + `"`},
			`invalid input syntax for type integer: "…"`,
		},
		"PostgreSQL in French": {
			&pgconn.PgError{Severity: "ERREUR", Code: "22P02", Message: "syntaxe en entrée invalide pour le type integer : « " + secret + " »"},
			"type integer : «…»",
		},
		"PostgreSQL in German": {
			&pgconn.PgError{Severity: "FEHLER", Code: "22P02", Message: "ungültige Eingabesyntax für Typ integer: „" + secret + "“"},
			"Typ integer: „…“",
		},
		"MySQL duplicate in German": {
			&mysql.MySQLError{Number: 1062, Message: "Doppelter Eintrag '" + secret + "' für Schlüssel 'apikeys.apikeys_api_key_unique'"},
			"duplicate value in apikeys_api_key_unique",
		},
		"MySQL file": {fmt.Errorf("local file '%s' is not registered", "/etc/"+secret), "local file '…' is not registered"},
		"SQLite token": {
			sqlite3.Error{Code: 1, Text: `unrecognized token: "'` + secret + `"`}, `unrecognized token: "…"`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, err := range []error{c.err, fmt.Errorf("saving a key: %w", c.err)} {
				text := dialect.Classify(err).Error()
				assert.NotContains(t, text, "sk-live")
				assert.NotContains(t, text, "tail")
				assert.Contains(t, text, c.want)
			}
			assert.Contains(t, dialect.Classify(fmt.Errorf("saving a key: %w", c.err)).Error(), "saving a key")
		})
	}
}

func TestErrorText(t *testing.T) {
	missing := &pgconn.PgError{Severity: "ERROR", Code: "42P01", Message: `relation "users" does not exist`}
	assert.Equal(t,
		`postgresql: table or column missing: ERROR: relation "users" does not exist (SQLSTATE 42P01)`+
			` (remedy: create the tables: chameleon push on the command line, or chameleon.Push in Go, or schema.Push of some models)`,
		dialect.Classify(missing).Error())
	byHand := &dialect.Error{Kind: dialect.KindUnsupportedVersion, Engine: dialect.MySQL, Remedy: "upgrade to 8.0"}
	assert.Equal(t, "mysql: unsupported version (remedy: upgrade to 8.0)", byHand.Error())
	assert.ErrorIs(t, byHand, dialect.ErrUnsupportedVersion)
	assert.Equal(t, "database error", (&dialect.Error{}).Error())
}
