package maintain

import (
	"encoding/json"
	"log/slog"
	"slices"
	"time"
)

// Outcome is what one run of a task did.
type Outcome struct {
	Task Task `json:"task"`
	// At is when it began, UTC.
	At time.Time `json:"at,omitzero"`
	// Done counts what was done: accounts brought up to date, generations failed,
	// monthly grants made, heads exported, events written or removed, rows counted.
	Done int64 `json:"done"`
	// Credits expired, went back to users, or were granted.
	Credits int64 `json:"credits,omitempty"`
	// SetAside are accounts and generations that could not be processed, each with
	// the reason. They are tried again next time.
	SetAside []string `json:"set_aside,omitempty"`
	// Err is why the task failed, nil if it did not. What was done before stays.
	Err error `json:"-"`
}

// MarshalJSON writes the outcome with the error's text.
func (o Outcome) MarshalJSON() ([]byte, error) {
	type plain Outcome
	text := ""
	if o.Err != nil {
		text = o.Err.Error()
	}
	return json.Marshal(struct {
		plain
		Error string `json:"error,omitempty"`
	}{plain(o), text})
}

// Report is what a run did.
type Report struct {
	// Tasks has the sums of each task that ran, with the latest error and what the
	// latest run set aside.
	Tasks []Outcome `json:"tasks,omitempty"`
}

// Failed reports whether the latest run of a task failed, or set something aside.
func (r *Report) Failed() bool {
	return slices.ContainsFunc(r.Tasks, func(o Outcome) bool { return o.Err != nil || len(o.SetAside) > 0 })
}

// add sums an outcome up.
func (r *Report) add(o Outcome) {
	at := slices.IndexFunc(r.Tasks, func(sum Outcome) bool { return sum.Task == o.Task })
	if at < 0 {
		r.Tasks = append(r.Tasks, o)
		return
	}
	sum := &r.Tasks[at]
	o.Done += sum.Done
	o.Credits += sum.Credits
	*sum = o
}

// log tells of an outcome.
func (o Outcome) log(to *slog.Logger) {
	attrs := []any{slog.String("task", string(o.Task)), slog.Int64("done", o.Done), slog.Int64("credits", o.Credits)}
	for _, aside := range o.SetAside {
		to.Warn("maintain: set aside", slog.String("task", string(o.Task)), slog.String("reason", aside))
	}
	switch {
	case o.Err != nil:
		to.Error("maintain: failed, and tried again later", append(attrs, slog.String("error", o.Err.Error()))...)
	case o.Done > 0:
		to.Info("maintain: done", attrs...)
	default:
		to.Debug("maintain: nothing to do", attrs...)
	}
}
