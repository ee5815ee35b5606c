package sqlite_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/dialect/handle"
	"github.com/chameleon-go/chameleon/dialect/sqlite"
)

func TestParseURL(t *testing.T) {
	for url, want := range map[string]sqlite.Config{
		"sqlite://app.db":                    {Path: "app.db"},
		"SQLite://data/app.db":               {Path: "data/app.db"},
		"sqlite:///var/lib/app.db":           {Path: "/var/lib/app.db"},
		"sqlite:app.db":                      {Path: "app.db"},
		"'file:app.db'":                      {Path: "app.db"},
		"file:///var/lib/app.db":             {Path: "/var/lib/app.db"},
		"file:/var/lib/app.db":               {Path: "/var/lib/app.db"},
		"file://localhost/var/lib/app.db":    {Path: "/var/lib/app.db"},
		"sqlite://my%20app%3F.db":            {Path: "my app?.db"},
		"sqlite://50%.db":                    {Path: "50%.db"},
		"sqlite://a#b.db":                    {Path: "a#b.db"},
		"sqlite://é.db":                      {Path: "é.db"},
		"sqlite://:memory:":                  {},
		"sqlite:///:memory:":                 {},
		"file::memory:?cache=shared":         {SharedName: ":memory:"},
		"file:name?mode=memory&cache=shared": {SharedName: "name"},
		"file:name?mode=memory":              {},
		"sqlite://:memory:?cache=private":    {},
		"file:app.db?mode=ro":                {Path: "app.db", ReadOnly: true},
		"file:app.db?mode=rw":                {Path: "app.db", MustExist: true},
		"file:app.db?mode=rwc&_txlock=immediate&_time_format=sqlite": {Path: "app.db"},
		"file:app.db?mode=rwc&_txlock=IMMEDIATE&mode=rwc":            {Path: "app.db"},
		"file:app.db?immutable=1":                                    {Path: "app.db", ReadOnly: true, Immutable: true},
		"sqlite://app.db?connection_limit=4":                         {Path: "app.db", Settings: handle.Settings{PoolSize: 4}},
		"sqlite://app.db?_pragma=cache_size(-9)&_busy_timeout=100":   {Path: "app.db", Pragmas: []sqlite.Pragma{{"cache_size", "-9"}, {"busy_timeout", "100"}}},
		"sqlite://app.db?_pragma=Synchronous=Extra&_journal=DELETE&_fk=false": {
			Path: "app.db", Pragmas: []sqlite.Pragma{{"synchronous", "3"}, {"journal_mode", "delete"}, {"foreign_keys", "0"}},
		},
		"sqlite://app.db?_pragma=synchronous(1)&_sync=normal": {Path: "app.db", Pragmas: []sqlite.Pragma{{"synchronous", "1"}}},
	} {
		t.Run(url, func(t *testing.T) {
			got, err := sqlite.ParseURL(url)
			require.NoError(t, err)
			assert.Equal(t, &want, got)
			assert.Equal(t, want.Path == "", got.InMemory())
		})
	}
}

func TestParseURLRefuses(t *testing.T) {
	for url, problem := range map[string]string{
		"":                                    "set DATABASE_URL",
		"sqlite://":                           "names no file",
		"file:?mode=ro":                       "names no file",
		"mysql://h/db":                        "mysql",
		"sqlite://a%00b":                      "NUL",
		"sqlite://me:hunter2@host/app.db":     "has a user and a password",
		"sqlite://a.db?mode=rx":               "mode",
		"sqlite://a.db?_pragma=a;b":           "_pragma",
		"sqlite://a.db?_txlock=deferred":      "_txlock",
		"sqlite://a.db?_time_format=datetime": "_time_format",
		"sqlite://a.db?vfs=memdb":             "vfs",
		"sqlite://a.db?nolock=1":              "nolock",
		"sqlite://a.db?mode=ro&_pragma=journal_mode(WAL)":             "journal_mode",
		"sqlite://a.db?psow=0":                                        "psow",
		"sqlite://a.db?_loc=auto":                                     "_loc",
		"sqlite://a.db?cache=shared":                                  "cache",
		"sqlite://a.db?cache=no":                                      "cache",
		"file:?mode=memory&cache=shared":                              "without naming it",
		"sqlite://:memory:?mode=ro":                                   "a read-only database in memory",
		"sqlite://a.db?mode=ro&mode=rw":                               "mode has two values",
		"sqlite://a.db?_pragma=synchronous":                           "_pragma",
		"sqlite://a.db?_pragma=synchronous(4)":                        "synchronous",
		"sqlite://a.db?_sync=mostly":                                  "synchronous",
		"sqlite://a.db?_pragma=busy_timeout(-1)":                      "busy_timeout",
		"sqlite://a.db?_pragma=busy_timeout(1s)":                      "busy_timeout",
		"sqlite://a.db?_pragma=foreign_keys(2)":                       "foreign_keys",
		"sqlite://a.db?_pragma=journal_mode(OFF)":                     "journal_mode",
		"sqlite://a.db?_pragma=journal_mode(MEMORY)":                  "journal_mode",
		"sqlite://a.db?_pragma=locking_mode(EXCLUSIVE)":               "locking_mode",
		"sqlite://a.db?_pragma=query_only(1)":                         "query_only",
		"sqlite://a.db?_pragma=key(hunter2)":                          "the pragma key",
		"sqlite://a.db?_pragma=busy_timeout(1)&_busy_timeout=2":       "busy_timeout",
		"sqlite://a.db?_pragma=synchronous(1)&_pragma=synchronous(2)": "synchronous",
		"sqlite://a.db?_busy_timeout=x":                               "_busy_timeout",
		"sqlite://a.db?connection_limit=0":                            "connection_limit",
		"sqlite://a.db?immutable=perhaps":                             "immutable",
	} {
		t.Run(url, func(t *testing.T) {
			_, err := sqlite.ParseURL(url)
			require.ErrorIs(t, err, dialect.ErrInvalid)
			assert.ErrorContains(t, err, problem)
			assert.NotContains(t, err.Error(), "hunter2")
		})
	}
}
