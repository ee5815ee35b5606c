package main

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"strconv"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/endpoints"

	"github.com/chameleon-go/chameleon/users"
)

// signInProvider is where users sign in, and how it says who they are.
type signInProvider struct {
	oauth2.Config
	name users.Provider
	// api is where it answers who a token is of.
	api     string
	profile func(ctx context.Context, client *http.Client, api string) (users.Profile, error)
}

func google(id, secret string) signInProvider {
	return signInProvider{
		Config: oauth2.Config{
			ClientID: id, ClientSecret: secret, Endpoint: endpoints.Google, Scopes: []string{"openid", "email", "profile"},
		},
		name: users.ProviderGoogle, api: "https://openidconnect.googleapis.com", profile: googleProfile,
	}
}

func github(id, secret string) signInProvider {
	return signInProvider{
		Config: oauth2.Config{
			ClientID: id, ClientSecret: secret, Endpoint: endpoints.GitHub, Scopes: []string{"read:user", "user:email"},
		},
		name: users.ProviderGitHub, api: "https://api.github.com", profile: githubProfile,
	}
}

func googleProfile(ctx context.Context, client *http.Client, api string) (users.Profile, error) {
	var claims struct {
		Subject  string `json:"sub"`
		Email    string `json:"email"`
		Verified bool   `json:"email_verified"`
		Name     string `json:"name"`
		Picture  string `json:"picture"`
	}
	err := get(ctx, client, api+"/v1/userinfo", &claims)
	return users.Profile{
		Subject: claims.Subject, Email: claims.Email, EmailVerified: claims.Verified, Name: claims.Name, AvatarURL: claims.Picture,
	}, err
}

// githubProfile asks twice: the profile shows the address that the user publishes, which
// need not be theirs.
func githubProfile(ctx context.Context, client *http.Client, api string) (users.Profile, error) {
	var account struct {
		ID     int64  `json:"id"`
		Login  string `json:"login"`
		Avatar string `json:"avatar_url"`
	}
	if err := get(ctx, client, api+"/user", &account); err != nil {
		return users.Profile{}, err
	}
	var emails []struct {
		Email    string `json:"email"`
		Primary  bool   `json:"primary"`
		Verified bool   `json:"verified"`
	}
	if err := get(ctx, client, api+"/user/emails", &emails); err != nil {
		return users.Profile{}, err
	}
	p := users.Profile{Subject: strconv.FormatInt(account.ID, 10), Name: account.Login, AvatarURL: account.Avatar}
	for _, e := range emails {
		if e.Primary {
			p.Email, p.EmailVerified = e.Email, e.Verified
		}
	}
	return p, nil
}

func get(ctx context.Context, client *http.Client, url string, into any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	return fetch(client, r, into)
}

// signIn sends the user to the provider. What has to come back with them is in a cookie.
func (a *app) signIn(w http.ResponseWriter, r *http.Request) {
	provider, ok := a.providers[r.PathValue("provider")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	state, verifier := rand.Text(), oauth2.GenerateVerifier()
	a.setCookie(w, "signin", state+" "+verifier, signInTime)
	http.Redirect(w, r, a.configOf(provider).AuthCodeURL(state, oauth2.S256ChallengeOption(verifier)), http.StatusFound)
}

// signedIn takes the user back, with a code that is worth a token.
func (a *app) signedIn(w http.ResponseWriter, r *http.Request) {
	provider, ok := a.providers[r.PathValue("provider")]
	state, verifier, begun := a.begun(r)
	if !ok || !begun || r.FormValue("state") != state {
		http.Error(w, "sign in again", http.StatusBadRequest)
		return
	}
	config := a.configOf(provider)
	token, err := config.Exchange(r.Context(), r.FormValue("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		http.Error(w, "the sign-in failed", http.StatusBadGateway)
		return
	}
	profile, err := provider.profile(r.Context(), config.Client(r.Context(), token), provider.api)
	if err != nil {
		http.Error(w, "the sign-in failed", http.StatusBadGateway)
		return
	}
	profile.Provider = provider.name
	p := users.SignInParams{Profile: profile, InviteCode: a.invitation(r)}
	result, err := users.SignIn(r.Context(), a.db, p)
	if errors.Is(err, users.ErrNotFound) && p.InviteCode != "" { // a link that somebody mistyped
		p.InviteCode = ""
		result, err = users.SignIn(r.Context(), a.db, p)
	}
	if err != nil {
		refuse(w, err)
		return
	}
	a.setCookie(w, "session", result.User.UUID, sessionTime)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (a *app) configOf(p signInProvider) *oauth2.Config {
	config := p.Config
	config.RedirectURL = a.publicURL + "/signin/" + string(p.name) + "/callback"
	return &config
}

// invite keeps the code of an invite link for the sign-up.
func (a *app) invite(w http.ResponseWriter, r *http.Request) {
	a.setCookie(w, "invite", r.PathValue("code"), sessionTime)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}
