package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// How long a sign-in may take, and how long a session lasts.
const (
	signInTime  = 10 * time.Minute
	sessionTime = 30 * 24 * time.Hour
)

// setCookie gives the browser a value that only this program can make, for a while.
func (a *app) setCookie(w http.ResponseWriter, name, value string, keep time.Duration) {
	until := strconv.FormatInt(time.Now().Add(keep).Unix(), 10)
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure wherever the site is
		Name: name, Value: base64.RawURLEncoding.EncodeToString([]byte(value)) + "." + until + "." + a.sign(name, value, until),
		Path: "/", MaxAge: int(keep.Seconds()), HttpOnly: true, SameSite: http.SameSiteLaxMode,
		Secure: strings.HasPrefix(a.publicURL, "https:"),
	})
}

// cookie returns the value that setCookie was given, "" where there is none that holds.
func (a *app) cookie(r *http.Request, name string) string {
	sent, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	parts := strings.Split(sent.Value, ".")
	if len(parts) != 3 {
		return ""
	}
	value, err := base64.RawURLEncoding.DecodeString(parts[0])
	if err != nil || !hmac.Equal([]byte(parts[2]), []byte(a.sign(name, string(value), parts[1]))) {
		return ""
	}
	until, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil || time.Now().Unix() >= until {
		return ""
	}
	return string(value)
}

func (a *app) sign(name, value, until string) string {
	mac := hmac.New(sha256.New, a.sessionKey)
	mac.Write([]byte(name + "\x00" + value + "\x00" + until))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// session is the user who is signed in, "" for nobody.
func (a *app) session(r *http.Request) string { return a.cookie(r, "session") }

// begun is what the sign-in began with.
func (a *app) begun(r *http.Request) (state, verifier string, ok bool) {
	return strings.Cut(a.cookie(r, "signin"), " ")
}

// invitation is the invite code with which the user came, "" for none.
func (a *app) invitation(r *http.Request) string { return a.cookie(r, "invite") }
