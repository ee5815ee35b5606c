package payhistory

import (
	"time"

	"github.com/chameleon-go/chameleon/orders"
)

// Day is the unit of lives.
const Day = 24 * time.Hour

// Price is what the shop of these lives sells a seat for.
type Price struct {
	ID      string
	Amount  int64
	Credits int64
	Days    int
	Plan    orders.Plan
}

// Period is how long the price's is.
func (p Price) Period() time.Duration { return time.Duration(p.Days) * Day }

// whole are the credits of a whole period.
func (p Price) whole() int64 {
	if p.Plan.Monthly {
		return 12 * p.Credits
	}
	return p.Credits
}

// The prices. A day of each costs and buys a whole number.
func month() Price {
	return Price{"price_month", 3000, 6000, 30, orders.Plan{ProductID: "month", Credits: 6000, Interval: orders.IntervalMonth}}
}

func team() Price {
	return Price{"price_team", 9000, 27000, 30, orders.Plan{ProductID: "team", Credits: 27000, Interval: orders.IntervalMonth}}
}

func year() Price {
	return Price{"price_year", 36000, 108000, 360, orders.Plan{ProductID: "year", Credits: 108000, Interval: orders.IntervalYear}}
}

// monthly is a year whose credits come each month.
func monthly() Price {
	return Price{"price_monthly", 36000, 9000, 360, orders.Plan{
		ProductID: "monthly", Credits: 9000, Interval: orders.IntervalYear, Monthly: true,
	}}
}

// fee is billed once, for a trial.
func fee() Price { return Price{ID: "price_fee", Amount: 500} }

// addon is bought beside a month.
func addon() Price {
	return Price{"price_addon", 1500, 900, 30, orders.Plan{ProductID: "addon", Credits: 900, Interval: orders.IntervalMonth}}
}

// PlanOf is webhook.Options.Plan for these prices.
func PlanOf(id string) *orders.Plan {
	for _, p := range []Price{month(), team(), year(), monthly(), addon()} {
		if p.ID == id {
			return &p.Plan
		}
	}
	return nil
}

// mostPerDollar is the most credits that a dollar buys: those of a change from
// the month to the team.
const mostPerDollar = 350
