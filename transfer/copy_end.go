package transfer

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/credits/audit"
)

// CopyResult is what a copy did. It is plain data, for JSON; String is for people.
type CopyResult struct {
	// Tables are all of the models', in their order.
	Tables []CopiedTable `json:"tables,omitempty"`
	// Left are columns that were not copied.
	Left []LeftColumn `json:"left,omitempty"`
	// Audit is the verification of the target's ledger, if there was one.
	Audit *audit.VerifyReport `json:"audit,omitzero"`
	// Open means that the copy continues; see CopyParams.Live.
	Open bool          `json:"open"`
	Took time.Duration `json:"took"`
}

// CopiedTable is one table of a copy.
type CopiedTable struct {
	Table string `json:"table"`
	// Rows and Checksum are the source's, and the target's.
	Rows     int64  `json:"rows"`
	Checksum string `json:"checksum,omitempty"`
	// Written and Removed are how many rows were inserted into the target and deleted
	// from it. A changed row counts as both.
	Written int64 `json:"written"`
	Removed int64 `json:"removed"`
	// ByCounts means that the table was compared only by counts; see
	// CopyParams.Quick.
	ByCounts bool `json:"by_counts,omitempty"`
}

// OK reports whether the ledger was verified without a breach, or not verified.
func (r *CopyResult) OK() bool { return r.Audit == nil || r.Audit.OK() }

// String describes the result, in several lines.
func (r *CopyResult) String() string {
	var b strings.Builder
	for _, t := range r.Tables {
		sum := t.Checksum
		if t.ByCounts {
			sum = "compared by counts"
		}
		fmt.Fprintf(&b, "%s: %d rows, %d written, %d removed, %s\n", t.Table, t.Rows, t.Written, t.Removed, sum)
	}
	leftText(&b, r.Left)
	if r.Audit != nil {
		fmt.Fprintf(&b, "ledger: %d accounts, %d entries, %d breaches\n", r.Audit.Accounts, r.Audit.Entries, r.Audit.BreachCount)
	}
	if r.Open {
		b.WriteString("the copy is open: copy again to bring over what changes, and once without Live to end it\n")
	}
	return b.String()
}

func leftText(b *strings.Builder, left []LeftColumn) {
	for _, l := range left {
		fmt.Fprintf(b, "%s.%s (%s) was left behind: the target has no such column\n", l.Table, l.Column, l.Type)
	}
}

// end audits the ledger and closes the copy.
func (c *copier) end(ctx context.Context) (*CopyResult, error) {
	r := &CopyResult{Left: c.left, Open: c.params.Live}
	for _, t := range c.tables {
		r.Tables = append(r.Tables, *c.done[t.name])
	}
	var err error
	if !c.params.NoAudit {
		if r.Audit, err = prove(ctx, c.to.db, c.params.Models, c.meter); err != nil {
			return nil, err
		}
	}
	if !c.params.Live {
		if err := c.to.ended(ctx); err != nil {
			return nil, err
		}
	}
	r.Took = time.Since(c.meter.started)
	return r, nil
}

// prove audits the ledger if the models include all of it.
func prove(ctx context.Context, db bun.IDB, models []any, m *meter) (*audit.VerifyReport, error) {
	for _, part := range credits.Models() {
		same := func(model any) bool { return reflect.TypeOf(model) == reflect.TypeOf(part) }
		if !slices.ContainsFunc(models, same) {
			return nil, nil //nolint:nilnil // there is no whole ledger
		}
	}
	m.turn(PhaseAudit, "")
	return audit.Verify(ctx, db, audit.VerifyParams{})
}
