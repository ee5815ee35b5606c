package transfer

import "time"

// Phase is what a call is doing.
type Phase string

// The phases. A call goes through some of them, table by table.
const (
	PhaseCopy    Phase = "copy"    // rows go from the source to the target
	PhaseCompare Phase = "compare" // rows of both sides are compared, and differences applied
	PhaseVerify  Phase = "verify"  // what was written is read back
	PhaseAudit   Phase = "audit"   // the ledger is audited
	PhaseBackup  Phase = "backup"  // rows go to the archive
	PhaseCheck   Phase = "check"   // the archive is read to its end before anything is written
	PhaseRestore Phase = "restore" // rows go from the archive to the target
)

// Progress says how far a call has got. It is reported after each batch of rows, in the
// caller's goroutine.
type Progress struct {
	Phase Phase `json:"phase"`
	// Table is the current table, and Rows how many of its rows this phase has processed.
	Table string `json:"table,omitempty"`
	Rows  int64  `json:"rows"`
	// Done and Total count the steps of the whole call: moving, comparing or reading back
	// a row is one. Total is an estimate.
	Done  int64 `json:"done"`
	Total int64 `json:"total"`
	// Rate is in steps per second since the call began; Remaining follows from it.
	Rate      float64       `json:"rate"`
	Remaining time.Duration `json:"remaining"`
}

// meter counts steps and reports them.
type meter struct {
	tell    func(Progress)
	started time.Time
	at      Progress
}

func newMeter(tell func(Progress)) *meter {
	return &meter{tell: tell, started: time.Now()}
}

// turn begins a phase of a table.
func (m *meter) turn(phase Phase, table string) {
	m.at.Phase, m.at.Table, m.at.Rows = phase, table, 0
	m.step(0)
}

// step counts rows of the current phase.
func (m *meter) step(rows int64) {
	m.at.Rows += rows
	m.at.Done += rows
	m.at.Total = max(m.at.Total, m.at.Done)
	if m.tell == nil {
		return
	}
	if took := time.Since(m.started).Seconds(); took > 0 {
		m.at.Rate = float64(m.at.Done) / took
	}
	if m.at.Remaining = 0; m.at.Rate > 0 {
		m.at.Remaining = time.Duration(float64(m.at.Total-m.at.Done) / m.at.Rate * float64(time.Second))
	}
	m.tell(m.at)
}
