package cli

import (
	"fmt"
	"time"

	"github.com/schollz/progressbar/v3"
)

// lineEvery is how often progress is told where there is no terminal.
const lineEvery = 5 * time.Second

// meter shows how far work has come: a bar on a terminal, else a line now and then.
type meter struct {
	app   *app
	what  string
	unit  string
	bar   *progressbar.ProgressBar
	began time.Time
	last  time.Time
	done  int64
}

// meter begins to show work that is counted in units, such as accounts.
func (a *app) meter(what, unit string) *meter {
	now := time.Now()
	return &meter{app: a, what: what, unit: unit, began: now, last: now}
}

// at tells how much is done, of a total that is 0 where it is not known.
func (m *meter) at(done, total int64) {
	m.done = done
	switch {
	case m.app.flags.quiet:
	case m.app.env.Draws:
		m.draw(done, total)
	case time.Since(m.last) >= lineEvery:
		m.last = time.Now()
		m.line(done, total)
	}
}

func (m *meter) draw(done, total int64) {
	if m.bar == nil {
		if total == 0 {
			total = -1
		}
		m.bar = progressbar.NewOptions64(total,
			progressbar.OptionSetWriter(m.app.env.Err), progressbar.OptionSetDescription(m.what),
			progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetItsString(m.unit),
			progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish(),
			progressbar.OptionFullWidth(), progressbar.OptionSetPredictTime(true))
	}
	if total > 0 && total != m.bar.GetMax64() {
		m.bar.ChangeMax64(total)
	}
	_ = m.bar.Set64(done) // a bar that cannot be drawn is no reason to stop
}

func (m *meter) line(done, total int64) {
	rate := float64(done) / max(time.Since(m.began).Seconds(), 0.001)
	if total <= 0 {
		fmt.Fprintf(m.app.env.Err, "%s: %d %s, %.0f/s\n", m.what, done, m.unit, rate)
		return
	}
	left := time.Duration(float64(max(total-done, 0)) / max(rate, 0.001) * float64(time.Second)).Round(time.Second)
	fmt.Fprintf(m.app.env.Err, "%s: %d of %d %s (%d%%), %.0f/s, %s left\n",
		m.what, done, total, m.unit, 100*done/total, rate, left)
}

// end takes the bar away.
func (m *meter) end() {
	if m.bar != nil {
		_ = m.bar.Finish()
		_ = m.bar.Clear()
	}
}
