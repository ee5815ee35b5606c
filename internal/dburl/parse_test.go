package dburl_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/dburl"
)

// passwords are awkward in a URL, alone and all at once.
var passwords = []string{
	"plain", "p@ss", "@", "a:b", ":", "a/b", "/", "a?b", "?", "a#b", "#", "50%", "%", "%zz", "100%off@4", "[x]", "]", "[",
	"a&b", "a=b", "a+b", "a b", "a^b|c<d>", "é", "пароль", `"quoted"`, "'q'", "`", `back\slash`, "{}", "$HOME", "~!*();,",
	"@:/?#%[]&=+ ^|<é", "a@b/c", "a@b:1/c", "a@b#c", "a/b@c?d", "u:p@h", "://",
}

// encode percent-encodes everything that is not a letter or a digit.
func encode(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

func TestPasswordsEncodedAndRaw(t *testing.T) {
	for _, password := range passwords {
		for name, written := range map[string]string{"encoded": encode(password), "raw": password} {
			t.Run(name+" "+password, func(t *testing.T) {
				u, err := dburl.Parse("postgres://me:" + written + "@host.example:5433/app?sslmode=require&x=1")
				require.NoError(t, err)
				assert.Equal(t, &dburl.URL{
					Scheme: "postgres", User: "me", Password: password, Path: "app",
					Hosts:  []dburl.Host{{Name: "host.example", Port: 5433}},
					Params: []dburl.Param{{"sslmode", "require"}, {"x", "1"}},
				}, u)
			})
		}
	}
}

func TestShapes(t *testing.T) {
	host := func(name string, port uint16) []dburl.Host { return []dburl.Host{{Name: name, Port: port}} }
	for raw, want := range map[string]dburl.URL{
		"mysql://u:p@h/db":                      {Scheme: "mysql", User: "u", Password: "p", Hosts: host("h", 0), Path: "db"},
		"MySQL://u:p@h/db":                      {Scheme: "mysql", User: "u", Password: "p", Hosts: host("h", 0), Path: "db"},
		"  'postgres://u:p@h/db' \n":            {Scheme: "postgres", User: "u", Password: "p", Hosts: host("h", 0), Path: "db"},
		"\ufeff\"`postgres://u:p@h/db`\"":       {Scheme: "postgres", User: "u", Password: "p", Hosts: host("h", 0), Path: "db"},
		"postgres://h":                          {Scheme: "postgres", Hosts: host("h", 0)},
		"postgres://":                           {Scheme: "postgres"},
		"postgres://h/":                         {Scheme: "postgres", Hosts: host("h", 0)},
		"postgres://u@h/db":                     {Scheme: "postgres", User: "u", Hosts: host("h", 0), Path: "db"},
		"postgres://u:@h/db/":                   {Scheme: "postgres", User: "u", Hosts: host("h", 0), Path: "db"},
		"postgres://:p@h":                       {Scheme: "postgres", Password: "p", Hosts: host("h", 0)},
		"postgres://u:p@[::1]:5433/db":          {Scheme: "postgres", User: "u", Password: "p", Hosts: host("::1", 5433), Path: "db"},
		"postgres://u:p@[2001:db8::7]/db":       {Scheme: "postgres", User: "u", Password: "p", Hosts: host("2001:db8::7", 0), Path: "db"},
		"postgres://u:p@:5433/db":               {Scheme: "postgres", User: "u", Password: "p", Hosts: host("", 5433), Path: "db"},
		"postgres://u:p@%2Fvar%2Frun/db":        {Scheme: "postgres", User: "u", Password: "p", Hosts: host("/var/run", 0), Path: "db"},
		"mysql://u@S:p@S.example/db":            {Scheme: "mysql", User: "u@S", Password: "p", Hosts: host("S.example", 0), Path: "db"},
		"mysql://u%40S:p@S.example/db":          {Scheme: "mysql", User: "u@S", Password: "p", Hosts: host("S.example", 0), Path: "db"},
		"postgres://u:p@h/my%2Fdb":              {Scheme: "postgres", User: "u", Password: "p", Hosts: host("h", 0), Path: "my/db"},
		"postgres://u:p@bücher.example/db?a=&&": {Scheme: "postgres", User: "u", Password: "p", Hosts: host("bücher.example", 0), Path: "db", Params: []dburl.Param{{"a", ""}}},
		"postgres:///db?host=/x&user=a@b": {
			Scheme: "postgres", Path: "db", Params: []dburl.Param{{"host", "/x"}, {"user", "a@b"}},
		},
		"postgres://u:p@a:1,b,[::1]:3/db": {
			Scheme: "postgres", User: "u", Password: "p", Path: "db",
			Hosts: []dburl.Host{{"a", 1}, {"b", 0}, {"::1", 3}},
		},
		`mysql://u:p@h/db?ssl={"rejectUnauthorized":true}`: {
			Scheme: "mysql", User: "u", Password: "p", Hosts: host("h", 0), Path: "db",
			Params: []dburl.Param{{"ssl", `{"rejectUnauthorized":true}`}},
		},
	} {
		t.Run(raw, func(t *testing.T) {
			got, err := dburl.Parse(raw)
			require.NoError(t, err)
			assert.Equal(t, &want, got)
		})
	}
}

func TestRefused(t *testing.T) {
	for raw, problem := range map[string]string{
		"":                                          "set DATABASE_URL",
		" '' ":                                      "set DATABASE_URL",
		"hello":                                     "does not start with a scheme",
		"user:SECRET@tcp(h:3306)/db":                "does not start with a scheme",
		"postgres://u:SECRET@h/db\nx":               "control character",
		"postgres://u:SECRET@ho st/db":              "no host that can be read",
		"postgres://u:SECRET@h:70000/db":            "port",
		"postgres://u:SECRET@h:0/db":                "port",
		"postgres://u:SECRET@::1/db":                "port",
		"postgres://u:SECRET@[::1/db":               "IPv6",
		"postgres://u:SECRET@[1.2.3.4]/db":          "IPv6",
		"postgres://u:SECRET@[::1]x/db":             "IPv6",
		"postgres://u:SECRET@h/db/more":             "database name",
		"postgres://u:SECRET@h/db#x":                "holds a #",
		"postgres://u:SECRET@h/db?=1":               "parameter whose name",
		"postgres://u:SECRET@h/db?a%00b=1":          "parameter whose name",
		"postgres://u:SECRET@h/db?a=%00":            "NUL byte in parameter a",
		"postgres://u:SECRET%00@h/db":               "NUL byte",
		"postgres://u:SECRET@h/%00":                 "NUL byte",
		"postgres://u@h/db?password=a&SECRET":       "parameter without a value",
		"postgres://u:SECRET@h/db?mail=me@x":        "two ways",
		"postgres://u:SECRET@b?x=1@h/db":            "two ways",
		"postgres://u:12?SECRET=1@h/db":             "two ways",
		"postgres://u/v:SECRET@h/db":                "user name",
		"postgresql://postgres:[YOUR-PASSWORD]@h/p": "placeholder",
		"postgresql://postgres:****@h/p":            "placeholder",
	} {
		t.Run(raw, func(t *testing.T) {
			_, err := dburl.Parse(raw)
			require.ErrorIs(t, err, dialect.ErrInvalid)
			assert.ErrorContains(t, err, problem)
			assert.NotContains(t, err.Error(), "SECRET")
		})
	}
}

func TestURLPrintsNoPassword(t *testing.T) {
	u, err := dburl.Parse("postgres://u:SECRET@h/db?password=SECRET")
	require.NoError(t, err)
	for _, format := range []string{"%s", "%v", "%+v", "%#v"} {
		assert.Equal(t, "postgres://h/db", fmt.Sprintf(format, u))
	}
}

func TestValues(t *testing.T) {
	n, err := dburl.Param{Key: "n", Value: "5"}.Count(1)
	require.NoError(t, err)
	assert.Equal(t, 5, n)
	for _, bad := range []string{"", "0", "-1", "x", "9999999999", "1.5"} {
		_, err := dburl.Param{Key: "n", Value: bad}.Count(1)
		assert.ErrorContains(t, err, "parameter n", bad)
	}
	for value, want := range map[string]string{"15": "15s", "1.5": "1.5s", "2m": "2m0s", "0": "0s"} {
		d, err := dburl.Param{Key: "d", Value: value}.Seconds()
		require.NoError(t, err)
		assert.Equal(t, want, d.String())
	}
	for _, bad := range []string{"", "-1", "NaN", "Inf", "soon", "-5m"} {
		_, err := dburl.Param{Key: "d", Value: bad}.Seconds()
		assert.ErrorContains(t, err, "parameter d", bad)
	}
}
