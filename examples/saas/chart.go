package main

import (
	"fmt"

	"github.com/chameleon-go/chameleon/orders"
	"github.com/chameleon-go/chameleon/users"
)

// The size of a chart's drawing, in its own units.
const (
	chartWidth  = 900
	chartHeight = 160
)

// chart is a row of bars, one a day, that the page draws as SVG.
type chart struct {
	Title string
	Total string
	Bars  []bar
}

type bar struct {
	X, Y, Width, Height float64
	Says                string // what shows when one points at it
}

// draw makes a chart of days' numbers; text says a number in words.
func draw(title, total string, days []string, numbers []int64, text func(int64) string) chart {
	c := chart{Title: title, Total: total, Bars: make([]bar, len(days))}
	most := int64(1)
	for _, n := range numbers {
		most = max(most, n)
	}
	step := float64(chartWidth) / float64(max(len(days), 1))
	for i, n := range numbers {
		height := float64(max(n, 0)) / float64(most) * chartHeight
		c.Bars[i] = bar{
			X: float64(i) * step, Y: chartHeight - height, Width: step - 2, Height: height,
			Says: days[i] + ": " + text(n),
		}
	}
	return c
}

func signUpChart(r *users.SignUpsPerDayResult) chart {
	days, numbers := make([]string, len(r.Days)), make([]int64, len(r.Days))
	for i, day := range r.Days {
		days[i], numbers[i] = day.Date, day.Users
	}
	return draw("Sign-ups of 90 days", fmt.Sprint(r.Total), days, numbers, func(n int64) string { return fmt.Sprint(n) })
}

// revenueCharts are one a currency: what was paid less what went back.
func revenueCharts(r *orders.RevenueResult) []chart {
	charts := make([]chart, len(r.Totals))
	for i, total := range r.Totals {
		days, numbers := make([]string, len(r.Days)), make([]int64, len(r.Days))
		for j, day := range r.Days {
			days[j], numbers[j] = day.Date, day.Currencies[i].Net
		}
		text := func(n int64) string { return money(n, total.Currency) }
		charts[i] = draw("Revenue of 90 days", text(total.Net), days, numbers, text)
	}
	return charts
}

// money is an amount of the currencies that this product sells in, all of which have
// cents.
func money(amount int64, currency string) string {
	sign := ""
	if amount < 0 {
		sign, amount = "-", -amount
	}
	return fmt.Sprintf("%s%d.%02d %s", sign, amount/100, amount%100, currency)
}
