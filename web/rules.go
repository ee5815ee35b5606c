package web

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/apikeys"
	"github.com/chameleon-go/chameleon/content"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/providers"
	"github.com/chameleon-go/chameleon/users"
)

// statusClientClosedRequest is nginx's number, which logs know.
const statusClientClosedRequest = 499

// rule says what becomes of the errors that match a sentinel.
type rule struct {
	sentinel error
	status   int
	code     string
	title    string
	// retry is when the same request may succeed.
	retry time.Duration
	// silent leaves the error's text out.
	silent bool
}

// rules are tried in order. Those of the database's state come first: an error that
// says two things, such as a refusal whose outcome is unknown, is not the client's.
func rules() []rule {
	return slices.Concat(late(), refused(), conflicts(), missing(), faults())
}

// late are failures that the same request may not meet again.
func late() []rule {
	unavailable := rule{status: http.StatusServiceUnavailable, code: "unavailable", title: "Try again later", retry: retryAfter}
	timeout := rule{status: http.StatusGatewayTimeout, code: "timeout", title: "The request timed out", retry: retryAfter}
	return slices.Concat(
		rule{
			status: http.StatusServiceUnavailable, code: "outcome_unknown",
			title: "The outcome is unknown: repeat the request with its idempotency key", retry: retryAfter,
		}.of(dialect.ErrOutcomeUnknown),
		rule{status: statusClientClosedRequest, code: "canceled", title: "The request was canceled", silent: true}.of(context.Canceled),
		unavailable.of(dialect.ErrUnavailable, dialect.ErrTooManyConnections, dialect.ErrTransient),
		timeout.of(dialect.ErrTimeout, context.DeadlineExceeded),
	)
}

// refused are requests that are understood and not carried out.
func refused() []rule {
	const unprocessable = http.StatusUnprocessableEntity
	return slices.Concat(
		rule{status: http.StatusUnauthorized, code: "unauthenticated", title: "The API key is not valid"}.of(apikeys.ErrUnauthenticated),
		rule{status: http.StatusPaymentRequired, code: "insufficient_credits", title: "Not enough credits"}.of(credits.ErrInsufficient),
		rule{status: http.StatusForbidden, code: "over_budget", title: "The budget is spent"}.of(credits.ErrBudget),
		rule{status: unprocessable, code: "idempotency_key_reused", title: "The idempotency key was used for another request"}.
			of(credits.ErrKeyReused),
		rule{status: unprocessable, code: "unsupported", title: "The provider or model is not offered"}.of(generations.ErrUnsupported),
		rule{status: unprocessable, code: "no_email", title: "The sign-in provider sent no email"}.of(users.ErrNoEmail),
		rule{status: unprocessable, code: "clock_ahead", title: "A time lies in the future"}.of(credits.ErrClock),
	)
}

// conflicts are requests that do not fit what is stored.
func conflicts() []rule {
	conflict := func(code, title string, sentinels ...error) []rule {
		return rule{status: http.StatusConflict, code: code, title: title}.of(sentinels...)
	}
	return slices.Concat(
		rule{status: http.StatusConflict, code: "in_progress", title: "The request is being carried out", retry: retryAfter}.
			of(generations.ErrRunning),
		conflict("account_limit", "The account is at its limit", credits.ErrLimit),
		conflict("email_taken", "The email is taken", users.ErrEmailTaken),
		conflict("email_conflict", "The email belongs to another user", users.ErrEmailConflict),
		conflict("identity_taken", "The identity belongs to another user", users.ErrIdentityTaken),
		conflict("last_identity", "The identity is the last way to sign in", users.ErrLastIdentity),
		conflict("referral_refused", "The referral is not possible",
			users.ErrReferrerSet, users.ErrSelfReferral, users.ErrReferralLoop, users.ErrReferralDepth),
		conflict("slug_taken", "The slug is taken", content.ErrSlugTaken),
		conflict("translation_taken", "The article has a post in that language", content.ErrTranslationTaken),
		conflict("provider_disabled", "The AI provider is disabled", providers.ErrDisabled),
		rule{status: http.StatusConflict, code: "conflict", title: "The subscription is not paid yet", retry: retryAfter}.of(orders.ErrNotStarted),
		conflict("conflict", "The request conflicts with what is stored",
			users.ErrUUIDTaken, content.ErrState, affiliates.ErrState, affiliates.ErrCurrency, affiliates.ErrNothingLeft,
			credits.ErrExceeds, credits.ErrSpent, credits.ErrHoldEnded, credits.ErrNotAhead, orders.ErrDuplicate,
			orders.ErrState, orders.ErrPaymentTaken, orders.ErrAmount, orders.ErrCurrency,
			generations.ErrState, generations.ErrHeld, generations.ErrNotHeld),
		rule{status: http.StatusConflict, code: "conflict", title: "Several entries match", silent: true}.of(credits.ErrAmbiguous),
	)
}

// missing are requests for what is not there, or that say nothing that can be done.
func missing() []rule {
	return slices.Concat(
		// Whoever serves pages reads the error, and says where to.
		rule{status: http.StatusMovedPermanently, code: "moved", title: "The post has moved"}.of(content.ErrMoved),
		rule{status: http.StatusNotFound, code: "not_found", title: "Not found"}.of(dialect.ErrNotFound),
		rule{status: http.StatusBadRequest, code: "invalid_input", title: "The request is not valid"}.of(dialect.ErrInvalid),
	)
}

// faults are the server's own, which somebody has to look at.
func faults() []rule {
	return rule{status: http.StatusInternalServerError, code: "internal_error", title: "Internal error"}.of(
		credits.ErrCorrupt, credits.ErrCollation, generations.ErrPrices, dialect.ErrTimeZone,
	)
}

// of is the rule for each of the sentinels.
func (r rule) of(sentinels ...error) []rule {
	all := make([]rule, len(sentinels))
	for i, sentinel := range sentinels {
		all[i] = r
		all[i].sentinel = sentinel
	}
	return all
}
