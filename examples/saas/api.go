package main

import (
	"encoding/json"
	"log/slog"
	"net/http"

	"github.com/chameleon-go/chameleon/apikeys"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/users"
	"github.com/chameleon-go/chameleon/web"
)

func (a *app) userInfo(r *http.Request, user string) (any, error) {
	return users.GetWithCredits(r.Context(), a.db, users.GetWithCreditsParams{UserUUID: user})
}

func (a *app) userCredits(r *http.Request, user string) (any, error) {
	return credits.Balance(r.Context(), a.db, credits.BalanceParams{UserUUID: user})
}

// ping is the daily check-in.
func (a *app) ping(r *http.Request, user string) (any, error) {
	return credits.Ping(r.Context(), a.db, credits.PingParams{UserUUID: user})
}

// generate charges, asks the AI provider and answers with the result. A client that goes
// away, or sends the request again with its Idempotency-Key, pays once.
func (a *app) generate(r *http.Request, user string) (any, error) {
	var order struct {
		AIType   generations.AIType `json:"ai_type"`
		Provider string             `json:"provider"`
		Model    string             `json:"model"`
		Prompt   string             `json:"prompt"`
	}
	key, err := read(r, &order)
	if err != nil {
		return nil, err
	}
	ai, ok := a.models[order.Provider]
	switch {
	case order.Provider == "":
		return nil, &generations.ParamsError{Missing: []string{"Provider"}}
	case !ok:
		return nil, &generations.UnsupportedError{Field: "Provider", AIType: order.AIType, Provider: order.Provider}
	}
	made, err := generations.Run(r.Context(), a.db, generations.RunParams{
		Charge: &generations.ChargeParams{
			UserUUID: user, AIType: order.AIType, Provider: order.Provider, Model: order.Model, Prompt: order.Prompt, Key: key,
		},
		Make:     ai,
		Detached: true,
	})
	if made != nil && made.Generation.Status == generations.StatusFailed { // the credits are back
		slog.WarnContext(r.Context(), "generation failed", "gen_id", made.Generation.GenID, "error", err)
		return made.Generation, nil
	}
	if err != nil {
		return nil, err
	}
	return made.Generation, nil
}

func (a *app) query(r *http.Request, user string) (any, error) {
	return generations.Get(r.Context(), a.db, generations.GetParams{GenID: r.FormValue("gen_id"), UserUUID: user})
}

func (a *app) history(r *http.Request, user string) (any, error) {
	return generations.List(r.Context(), a.db, generations.ListParams{UserUUID: user, Cursor: r.FormValue("cursor")})
}

// createKey shows a new API key, once.
func (a *app) createKey(r *http.Request, user string) (any, error) {
	var wanted struct {
		Name string `json:"name"`
	}
	if _, err := read(r, &wanted); err != nil {
		return nil, err
	}
	created, err := apikeys.Create(r.Context(), a.db, apikeys.CreateParams{UserUUID: user, Name: wanted.Name})
	if err != nil {
		return nil, err
	}
	return map[string]any{"key": created.Secret.Reveal(), "info": created.Info}, nil
}

// read decodes a request's JSON and returns its idempotency key, if it has one.
func read(r *http.Request, into any) (key string, err error) {
	if err := json.NewDecoder(r.Body).Decode(into); err != nil {
		return "", &dialect.InvalidError{Field: "body", Problem: "is not the JSON that is asked for"}
	}
	return web.IdempotencyKey(r)
}
