package schema

import (
	"context"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
	"github.com/chameleon-go/chameleon/internal/shown"
)

// Right is a right that a push or an undo requires.
type Right struct {
	// Right is its name on the engine; OWNER on PostgreSQL for what only a table's owner may
	// do.
	Right string `json:"right"`
	// On is the object of the right.
	On string `json:"on"`
	// Granted says whether the session has it, as far as that can be determined.
	Granted bool `json:"granted"`
	// Grant is the statement with which an administrator grants it.
	Grant string `json:"grant"`
}

// RightsError says which rights are missing. Nothing was written. It matches
// dialect.ErrPermission.
type RightsError struct {
	// Missing are all of them.
	Missing []Right

	engine dialect.Engine
}

// Error names each right and the statement that grants it.
func (e *RightsError) Error() string {
	var b strings.Builder
	b.WriteString("nothing was changed, because rights are missing: ")
	for i, r := range e.Missing {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(r.Right + " on " + r.On + " (" + r.Grant + ")")
	}
	return shown.Line(b.String())
}

// Unwrap returns the error that the engine would have returned.
func (e *RightsError) Unwrap() error {
	grants := make([]string, len(e.Missing))
	for i, r := range e.Missing {
		grants[i] = r.Grant
	}
	return &dialect.Error{Kind: dialect.KindPermission, Engine: e.engine, Remedy: strings.Join(grants, "; ")}
}

// refuse returns a *RightsError if rights are missing.
func refuse(engine dialect.Engine, rights []Right) error {
	missing := slices.DeleteFunc(slices.Clone(rights), func(r Right) bool { return r.Granted })
	if len(missing) == 0 {
		return nil
	}
	return &RightsError{Missing: missing, engine: engine}
}

// need is a right, independent of the engine.
type need struct {
	what  needed
	table string // that exists
}

// needed is the action that a right allows.
type needed int

const (
	toCreate needed = iota // tables
	toAlter                // a table: add to it
	toDrop                 // a table
	toLock                 // tables, against writes
	toRecord               // read and write the table of pushes
)

// rights returns the rights that a plan needs.
func (p *pusher) rights(ctx context.Context, q bun.IConn, made *plan) ([]Right, error) {
	var needs []need
	add := func(n need) {
		if !slices.Contains(needs, n) {
			needs = append(needs, n)
		}
	}
	created := make(map[string]bool)
	for _, c := range slices.Concat(made.record, made.changes) {
		switch {
		case c.Kind == AddTable:
			created[c.Table] = true
			add(need{what: toCreate})
		case !created[c.Table]:
			add(need{toAlter, c.Table})
		}
	}
	if len(needs) == 0 {
		return nil, nil
	}
	if made.recorded || !p.eng.ownsWhatItMakes() {
		add(need{toRecord, RecordTable})
	}
	return p.eng.rights(ctx, q, needs)
}
