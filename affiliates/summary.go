package affiliates

import (
	"context"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/valid"
	"github.com/chameleon-go/chameleon/internal/width"
	"github.com/chameleon-go/chameleon/users"
)

// GetSummaryParams name a user.
type GetSummaryParams struct {
	// UserUUID is required.
	UserUUID string
	// BaseURL is the site of the invite link, such as https://example.com; if
	// empty, the link is a path.
	BaseURL string
}

// Summary is what a user sees of the affiliate program.
type Summary struct {
	UserUUID   string `json:"user_uuid"`
	InviteCode string `json:"invite_code"`
	// Link is the invite link, BaseURL and /i/<code>.
	Link string `json:"link"`
	// InvitedUsers is how many signed up with the code and are not deleted: those
	// that [users.Referrals] lists.
	InvitedUsers int64 `json:"invited_users"`
	// Earnings are by currency, in alphabetical order. Commissions of other
	// programs' rows that lack a currency stand under "".
	Earnings []Earnings `json:"earnings,omitempty"`
}

// Earnings are sums of commissions in one currency, in its smallest unit.
type Earnings struct {
	Currency string `json:"currency"`
	// Pending, Approved and Rejected are the current sums of commissions by
	// status.
	Pending  int64 `json:"pending"`
	Approved int64 `json:"approved"`
	Rejected int64 `json:"rejected"`
	// Paid is what was paid out in money and in credits. Converted is the part
	// converted into credits, and ConvertedCredits how many credits those were.
	Paid             int64 `json:"paid"`
	Converted        int64 `json:"converted"`
	ConvertedCredits int64 `json:"converted_credits"`
	// Due is the balance still to be settled for commissions that were paid out:
	// negative when refunds came after a payout in money, positive when a
	// dispute was won after it.
	Due int64 `json:"due"`
	// Commissions is how many there are, of all statuses.
	Commissions int64 `json:"commissions"`
}

// GetSummary returns a user's invite code and link, how many users they
// invited, and what they earned.
//
// Errors: *InvalidError for a field of p, *users.NotFoundError when there is
// no such user, dialect.ErrSumTooLarge, and *dialect.Error when the engine fails.
func GetSummary(ctx context.Context, db bun.IDB, p GetSummaryParams) (*Summary, error) {
	if err := valid.UUID("UserUUID", p.UserUUID); err != nil {
		return nil, err
	}
	if p.BaseURL != "" {
		if err := valid.WebURL("BaseURL", p.BaseURL); err != nil {
			return nil, err
		}
	}
	user, err := users.Get(ctx, db, users.GetParams{UserUUID: p.UserUUID})
	if err != nil {
		return nil, err
	}
	invited, err := db.NewSelect().Model((*users.User)(nil)).Where("invited_by = ?", p.UserUUID).
		Where("deleted_at IS NULL").Count(ctx)
	if err != nil {
		return nil, dialect.Classify(err)
	}
	earnings, err := readEarnings(ctx, db, p.UserUUID)
	if err != nil {
		return nil, err
	}
	return &Summary{
		UserUUID: user.UUID, InviteCode: user.InviteCode,
		Link:         strings.TrimRight(p.BaseURL, "/") + "/i/" + user.InviteCode,
		InvitedUsers: invited, Earnings: earnings,
	}, nil
}

// sums is a row of the database's sums.
type sums struct {
	Currency  string
	Status    Status
	Converted bool
	// Amount is Σ commission_amount, Paid Σ paid_amount; Above is what payouts
	// fell short of the commission.
	Amount, Paid, Above, Credits width.Sum
	N                            int64
}

func readEarnings(ctx context.Context, db bun.IDB, userUUID string) ([]Earnings, error) {
	var found []sums
	err := db.NewSelect().Model((*Commission)(nil)).
		ColumnExpr("COALESCE(currency, '') AS currency").
		ColumnExpr("COALESCE(status, '') AS status").
		ColumnExpr("CASE WHEN converted_at IS NULL THEN ? ELSE ? END AS converted", false, true).
		ColumnExpr("SUM(commission_amount) AS amount").
		ColumnExpr("SUM(COALESCE(paid_amount, commission_amount)) AS paid").
		ColumnExpr("SUM(CASE WHEN commission_amount > paid_amount THEN commission_amount - paid_amount ELSE 0 END) AS above").
		ColumnExpr("SUM(COALESCE(converted_credits, 0)) AS credits").
		ColumnExpr("COUNT(*) AS n").
		Where("user_uuid = ?", userUUID).
		GroupExpr("1, 2, 3").
		Scan(ctx, &found)
	if err != nil {
		return nil, dialect.Classify(err)
	}
	var terms []width.Sum
	for _, row := range found {
		terms = append(terms, row.Amount, row.Paid, row.Above, row.Credits)
	}
	if err := width.Addable(terms...); err != nil {
		return nil, err
	}
	var all []Earnings
	for _, row := range found {
		row.Currency = strings.ToUpper(row.Currency)
		i := slices.IndexFunc(all, func(e Earnings) bool { return e.Currency == row.Currency })
		if i < 0 {
			i = len(all)
			all = append(all, Earnings{Currency: row.Currency})
		}
		all[i].add(row)
	}
	slices.SortFunc(all, func(a, b Earnings) int { return strings.Compare(a.Currency, b.Currency) })
	return all, nil
}

func (e *Earnings) add(row sums) {
	e.Commissions += row.N
	switch row.Status.means() {
	case StatusPending:
		e.Pending += int64(row.Amount)
	case StatusApproved:
		e.Approved += int64(row.Amount)
	case StatusRejected:
		e.Rejected += int64(row.Amount)
	case StatusPaid:
		e.Paid += int64(row.Paid)
		if row.Converted {
			// What was paid too much went back as credits.
			e.Converted += int64(row.Paid)
			e.ConvertedCredits += int64(row.Credits)
			e.Due += int64(row.Above)
			return
		}
		e.Due += int64(row.Amount - row.Paid)
	}
}
