package chameleon_test

import (
	"slices"
	"testing"

	"github.com/chameleon-go/chameleon"
	"github.com/chameleon-go/chameleon/affiliates"
	"github.com/chameleon-go/chameleon/apikeys"
	"github.com/chameleon-go/chameleon/content"
	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
	"github.com/chameleon-go/chameleon/events"
	"github.com/chameleon-go/chameleon/generations"
	"github.com/chameleon-go/chameleon/internal/enginetest"
	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/providers"
	"github.com/chameleon-go/chameleon/users"
)

// differentialVerbs are what a history is made of: every verb, and some of them
// more often. TestVerbListsAreWhole holds them against the code.
func differentialVerbs() []any {
	ledger := []any{
		credits.Adjust, credits.Adopt, credits.Balance, credits.BalanceAt, credits.Capture, credits.Charge, credits.CheckTime, credits.ClawBack,
		credits.ExpireDue, credits.ExpiringSoon, audit.ExportHeads, credits.Extend, credits.GetHold, credits.GetOperation, credits.Grant,
		credits.GrantNewUserCredits, audit.Head, credits.Hold, credits.ListAhead, credits.ListHolds, credits.NoticeExpiring, credits.Overdraw,
		credits.Ping, credits.Post, credits.SetBudget, credits.GetBudget, credits.SetLowBalance,
		audit.Rebuild, credits.Adopt, credits.Redact, credits.Refund, credits.Release, credits.Statement, credits.Stats, credits.Totals, credits.Void,
	}
	writes := []any{credits.Grant, credits.Charge, credits.Charge, credits.Hold, credits.Capture, credits.Refund, credits.ClawBack}
	return slices.Concat(ledger, writes, writes, []any{
		users.Count, users.Create, users.Get, users.GetWithCredits, users.LinkIdentity, users.List, users.ListIdentities, users.Referrals,
		users.Search, users.SetReferrer, users.SetReferrer, users.SignIn, users.SignIn, users.SignUpsPerDay, users.UnlinkIdentity,
		users.Update, users.Update,
		orders.Cancel, orders.Create, orders.Create, orders.Create, orders.Dispute, orders.EndSubscription, orders.FailRenewal, orders.Get,
		orders.GetSubscription, orders.LinkPayment, orders.List, orders.ListAll, orders.ListPayments, orders.ListSubscriptions, orders.MarkFailed, orders.MarkPaid,
		orders.MarkPaid, orders.MarkPaid, orders.PayOut, orders.Prorate, orders.Refund, orders.Renew, orders.Revenue, orders.StartTrial,
		orders.SyncSubscription,
		affiliates.Approve, affiliates.ConvertToCredits, affiliates.Get, affiliates.GetSummary, affiliates.List, affiliates.ListAll,
		affiliates.MarkPaid, affiliates.Record, affiliates.Record, affiliates.Reduce, affiliates.Reject, affiliates.Restate,
		providers.Delete, providers.Disable, providers.Enable, providers.Find, providers.Get, providers.List, providers.Put, providers.Put,
		providers.RotateKeys, providers.SetModelConfig,
		apikeys.Authenticate, apikeys.Authenticate, apikeys.Create, apikeys.Create, apikeys.Get, apikeys.Inspect, apikeys.List,
		apikeys.Rename, apikeys.Revoke,
		content.CreatePost, content.CreatePost, content.DeleteFeedback, content.DeletePost, content.FeedbackStats, content.GetBySlug,
		content.GetPost, content.ListAll, content.ListFeedback, content.ListPublished, content.Publish, content.ReleaseSlug, content.SubmitFeedback,
		content.SubmitFeedback, content.Unpublish, content.UpdatePost,
		generations.ChargeGeneration, generations.ChargeGeneration, generations.Complete, generations.CountByStatus, generations.Extend,
		generations.Fail, generations.FailStuck, generations.Get, generations.HoldGeneration, generations.HoldGeneration, generations.List,
		generations.ProviderPrices, generations.Settle, generations.Start, generations.Stats,
	})
}

// forgetting are the verbs that end a history, because nothing is as it was after
// them.
func forgetting() []any {
	return []any{
		generations.Forget, orders.Forget, affiliates.Forget, apikeys.Forget, content.Forget, events.Forget,
		users.Delete, chameleon.DeleteUser,
	}
}

// undrawn are the verbs of which no history is made, with why.
func undrawn() map[string]any {
	return map[string]any{
		"it writes what the database's clock says, which is another time on each engine": credits.ResetClock,
		"called after each history":                                audit.Verify,
		"an event's name is random":                                credits.Emit,
		"it lists events, whose names are random":                  events.List,
		"nothing is parked where nothing is delivered":             events.ListParked,
		"nothing is parked where nothing is delivered, to retry":   events.Retry,
		"nothing is parked where nothing is delivered, to discard": events.Discard,
		"nothing is old enough to be removed":                      events.Purge,
	}
}

// forget ends the history: first one user is forgotten piece by piece, then another
// as a whole.
func (h *drawn) forget(t *testing.T, envs []*enginetest.Env) {
	t.Helper()
	first, second := h.users()[0], h.users()[1]
	_ = h.agree(t, envs, generations.Forget, generations.ForgetParams{UserUUID: first, At: h.at})
	_ = h.agree(t, envs, orders.Forget, orders.ForgetParams{UserUUID: first})
	_ = h.agree(t, envs, affiliates.Forget, affiliates.ForgetParams{UserUUID: first, Emails: []string{"ann@example.com"}})
	_ = h.agree(t, envs, apikeys.Forget, apikeys.ForgetParams{UserUUID: first})
	_ = h.agree(t, envs, content.Forget, content.ForgetParams{UserUUID: first})
	_ = h.agree(t, envs, events.Forget, events.ForgetParams{UserUUID: first})
	_ = h.agree(t, envs, users.Delete, users.DeleteParams{UserUUID: first, At: h.at})
	_ = h.agree(t, envs, chameleon.DeleteUser, chameleon.DeleteUserParams{UserUUID: second, At: h.at})
	for _, user := range []string{first, second} {
		_ = h.agree(t, envs, credits.Statement, credits.StatementParams{UserUUID: user, Limit: 100})
		_ = h.agree(t, envs, generations.List, generations.ListParams{UserUUID: user, Limit: 100})
	}
}
