package dburl_test

import (
	"strings"
	"testing"

	"github.com/chameleon-go/chameleon/internal/dburl"
)

// FuzzPassword: an encoded password comes out as it was; a raw one comes out
// as it was, or decoded, or is refused; and no error shows it.
func FuzzPassword(f *testing.F) {
	for _, p := range passwords {
		f.Add(p)
	}
	f.Add("a%41b")
	f.Add("a\x80b")
	f.Fuzz(func(t *testing.T, password string) {
		if strings.ContainsRune(password, 0) {
			return
		}
		u, err := dburl.Parse("mysql://me:" + encode(password) + "@host.example:3307/app?a=b")
		switch {
		case err != nil && !strings.Contains(err.Error(), "placeholder"):
			t.Fatalf("encoded %q: %v", password, err)
		case err == nil && (u.Password != password || u.User != "me" || u.Hosts[0].Name != "host.example"):
			t.Fatalf("encoded %q: read %q", password, u.Password)
		}
		u, err = dburl.Parse("mysql://me:" + password + "@host.example:3307/app?a=b")
		if err != nil {
			noLeak(t, err, password)
			return
		}
		if u.User != "me" || len(u.Hosts) != 1 || u.Hosts[0].Name != "host.example" || u.Path != "app" {
			t.Fatalf("raw %q: read a part of it as something else: %s", password, u)
		}
		if u.Password != password && u.Password != dburl.Decode(password) {
			t.Fatalf("raw %q: read %q", password, u.Password)
		}
	})
}

// FuzzParse: nothing panics, and no error or printed URL shows a secret that
// stands anywhere but in the scheme's or the host's place.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"postgres://u:p@h:1/db?a=b", "mysql://u@S:p@[::1]/db", "postgres:///d?host=/x", "sqlite://x", "", "://@", "a://b@c,d:1,:2/?=",
		`"postgres://u:p@h/db?ssl={"rejectUnauthorized":true}"`, "postgres://u:%zz@h", "postgres://u:p%40@%2Fs/%",
	} {
		f.Add(s, "")
		f.Add(s, "@")
	}
	f.Fuzz(func(t *testing.T, before, after string) {
		const secret = "hunter2hunter2"
		u, err := dburl.Parse(before + ":" + secret + after)
		if err != nil {
			noLeak(t, err, secret)
			return
		}
		if u.Password != secret {
			return // it stands where a host, a database or a parameter does
		}
		if strings.Contains(u.String(), secret) && !strings.Contains(before+after, secret) {
			t.Fatalf("printed: %s", u)
		}
	})
}

// noLeak looks for the password in an error; one of a few characters may be
// in any text.
func noLeak(t *testing.T, err error, password string) {
	t.Helper()
	if len(password) >= 10 && strings.Contains(err.Error(), password) {
		t.Fatalf("the error shows the password: %v", err)
	}
}
