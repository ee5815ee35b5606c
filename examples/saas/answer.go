package main

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"strconv"

	"github.com/chameleon-go/chameleon/apikeys"
	"github.com/chameleon-go/chameleon/users"
	"github.com/chameleon-go/chameleon/web"
)

// body is the shape of every answer: code 0 and data, or the HTTP status as the code
// and what is wrong.
type body struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
	Data    any    `json:"data,omitempty"`
}

// handler answers a request of a user.
type handler func(r *http.Request, user string) (any, error)

// answer finds out whose request it is, by API key or by session, and writes what the
// handler returns.
func (a *app) answer(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user := a.userOf(r)
		if user == "" {
			refuse(w, apikeys.ErrUnauthenticated)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
		data, err := h(r, user)
		if err != nil {
			refuse(w, err)
			return
		}
		write(w, http.StatusOK, body{Message: "ok", Data: data})
	})
}

// userOf is whose request it is, "" for nobody's.
func (a *app) userOf(r *http.Request) string {
	if key, ok := apikeys.FromContext(r.Context()); ok {
		return key.UserUUID
	}
	return a.session(r)
}

// isAdmin reports whether a user's email, which their provider verified, is an
// administrator's.
func (a *app) isAdmin(r *http.Request, user string) bool {
	found, err := users.Get(r.Context(), a.db, users.GetParams{UserUUID: user})
	return err == nil && !found.EmailUnverified && slices.Contains(a.admins, found.Email)
}

func (a *app) adminOnly(h handler) handler {
	return func(r *http.Request, user string) (any, error) {
		if !a.isAdmin(r, user) {
			return nil, apikeys.ErrUnauthenticated
		}
		return h(r, user)
	}
}

// refuse writes what a client may be told of an error, and logs what it may not.
func refuse(w http.ResponseWriter, err error) {
	p := web.ProblemOf(err)
	if p.Status >= http.StatusInternalServerError {
		slog.Error("request failed", "error", err)
	}
	if p.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(p.RetryAfter.Seconds())))
	}
	message := p.Detail
	if message == "" {
		message = p.Title
	}
	write(w, p.Status, body{Code: p.Status, Message: message})
}

func write(w http.ResponseWriter, status int, b body) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(b) //nolint:errchkjson // results are JSON; a client that has gone reads nothing
}
