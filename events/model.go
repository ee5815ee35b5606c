package events

import (
	"encoding/json"
	"time"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/dialect"
)

// Record is a row of chameleon_events: an event and the state of its delivery.
type Record struct {
	bun.BaseModel `bun:"table:chameleon_events,alias:e"`

	ID int64 `bun:"id,pk,autoincrement,type:bigint" json:"-"`
	// UserUUID is the account, and Seq the event's number in it.
	UserUUID string `bun:"user_uuid,notnull,type:varchar(255)" chameleon:"exact" json:"user_uuid"`
	Seq      int64  `bun:"seq,notnull,type:bigint" json:"seq"`
	// EventID names the event everywhere.
	EventID string `bun:"event_id,notnull,type:varchar(36)" chameleon:"exact" json:"event_id"`
	Type    Type   `bun:"type,notnull,type:varchar(100)" chameleon:"exact" json:"type"`
	// Version is that of the payload's form.
	Version int64 `bun:"version,notnull,type:integer,default:1" json:"version"`
	// AtUs is when it happened, in UTC microseconds; CreatedAt is the same moment in
	// the precision of its column.
	AtUs      int64     `bun:"at_us,notnull,type:bigint" json:"-"`
	CreatedAt time.Time `bun:"created_at,nullzero,type:timestamptz" json:"created_at,omitzero"`
	// Data is the payload, as JSON.
	Data string `bun:"data,notnull,type:text" json:"-"`

	// DueUs is when it may next be delivered, NULL once delivery has ended.
	// While a process delivers it, DueUs is when the lease ends.
	DueUs int64 `bun:"due_us,nullzero,type:bigint" json:"-"`
	// Lease identifies that delivery.
	Lease string `bun:"lease,nullzero,type:varchar(36)" chameleon:"exact" json:"-"`
	// Attempts is how often a delivery failed or was begun without ending.
	Attempts int64 `bun:"attempts,notnull,type:integer,default:0" json:"attempts"`
	// LastError is the handler's last error.
	LastError string `bun:"last_error,nullzero,type:text" json:"last_error,omitempty"`
	// ParkedAt is when it was parked, and DoneUs when it was delivered or discarded.
	ParkedAt time.Time `bun:"parked_at,nullzero,type:timestamptz" json:"parked_at,omitzero"`
	DoneUs   int64     `bun:"done_us,nullzero,type:bigint" json:"-"`
}

// Indexes declares the table's indexes.
func (*Record) Indexes() []dialect.Index {
	return []dialect.Index{
		{Name: "chameleon_events_seq_unique", Columns: []string{"user_uuid", "seq"}, Unique: true},
		{Name: "chameleon_events_due_us_idx", Columns: []string{"due_us", "id"}, Where: "due_us IS NOT NULL"},
		{Name: "chameleon_events_parked_at_idx", Columns: []string{"parked_at", "id"}, Times: []string{"parked_at"}},
		{Name: "chameleon_events_done_us_idx", Columns: []string{"done_us", "id"}, Where: "done_us IS NOT NULL"},
	}
}

// ShardKey implements dialect.Sharded.
func (*Record) ShardKey() string { return "user_uuid" }

// Models returns this package's table, for schema.Push. Those of package credits hold
// it.
func Models() []any { return []any{(*Record)(nil)} }

// Event is what a handler receives. The package documentation shows its JSON.
type Event struct {
	// ID is unique, and the same at each delivery.
	ID      string `json:"id"`
	Type    Type   `json:"type"`
	Version int64  `json:"version"`
	// Account is the account concerned; for users, their uuid. Events of one
	// account are ordered.
	Account string `json:"account"`
	// Seq numbers an account's events 1, 2, 3 … without gaps.
	Seq int64 `json:"seq"`
	// At is when it happened, UTC.
	At time.Time `json:"at,omitzero"`
	// Data is the payload, the struct of the Type as JSON. Decode reads it.
	Data json.RawMessage `json:"data,omitempty"`
	// Attempt is 1 for the first delivery. It is not part of the JSON.
	Attempt int64 `json:"-"`
}

// Decode reads the payload into a struct of the event's type.
//
// Errors: those of json.Unmarshal.
func (e Event) Decode(into any) error { return json.Unmarshal(e.Data, into) }

// event is the row as a handler sees it.
func (r *Record) event() Event {
	return Event{
		ID: r.EventID, Type: r.Type, Version: r.Version, Account: r.UserUUID, Seq: r.Seq,
		At: time.UnixMicro(r.AtUs).UTC(), Data: json.RawMessage(r.Data), Attempt: r.Attempts + 1,
	}
}
