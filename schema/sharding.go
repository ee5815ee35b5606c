package schema

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/uptrace/bun"

	"github.com/chameleon-go/chameleon/internal/valid"
)

// Router is what makes one database of several servers.
type Router string

// The routers for which [Router.Sharding] says what they need.
const (
	Citus       Router = "citus"
	Vitess      Router = "vitess" // and PlanetScale
	TiDB        Router = "tidb"
	CockroachDB Router = "cockroachdb"
)

// Valid reports whether r is one of the routers.
func (r Router) Valid() bool {
	switch r {
	case Citus, Vitess, TiDB, CockroachDB:
		return true
	}
	return false
}

// Sharding is what a router needs besides a schema that was pushed with
// [Options].Sharded. All of it is empty for TiDB and CockroachDB, which split
// tables by themselves.
type Sharding struct {
	// Statements are run once after the push, in order, while the tables are
	// empty. Vitess wants them in the keyspace that is not sharded.
	Statements []string `json:"statements,omitempty"`
	// VSchema and UnshardedVSchema are those of Vitess' two keyspaces, in JSON:
	// of the sharded tables, and of all others with the sequences that number
	// rows over all shards. A push makes its tables in the keyspace that the URL
	// names, so that each is pushed with its own models.
	VSchema          string `json:"v_schema"`
	UnshardedVSchema string `json:"unsharded_v_schema"`
}

// Sharding says what the router needs for the models' sharded tables. db tells
// how the models are read; it is not connected to.
//
// Errors: an *dialect.InvalidError for a router that is none, and for models
// that cannot be pushed.
func (r Router) Sharding(db *bun.DB, models ...any) (*Sharding, error) {
	if !r.Valid() {
		return nil, valid.Failf("Router", "%q is not a router", r)
	}
	tables, err := readModels(db, models)
	if err != nil {
		return nil, err
	}
	switch r {
	case Citus:
		return citus(tables), nil
	case Vitess:
		return vitess(tables)
	}
	return &Sharding{}, nil
}

// citus distributes the sharded tables by their key, so that a user's rows are together.
// The other tables stay on the coordinator.
func citus(tables []modelTable) *Sharding {
	out, first := &Sharding{}, ""
	for _, t := range tables {
		if t.ShardKey == "" {
			continue
		}
		with := "none"
		if first != "" {
			with = first
		} else {
			first = t.Name
		}
		out.Statements = append(out.Statements, fmt.Sprintf(
			"SELECT create_distributed_table('%s', '%s', colocate_with => '%s')", t.Name, t.ShardKey, with))
	}
	return out
}

type (
	vschema struct {
		Sharded  bool               `json:"sharded,omitempty"`
		Vindexes map[string]vindex  `json:"vindexes,omitempty"`
		Tables   map[string]vtTable `json:"tables"`
	}
	vindex struct {
		Type string `json:"type"`
	}
	vtTable struct {
		Type           string     `json:"type,omitempty"`
		ColumnVindexes []vtColumn `json:"column_vindexes,omitempty"`
		AutoIncrement  *vtNumber  `json:"auto_increment,omitempty"`
	}
	vtColumn struct {
		Column string `json:"column"`
		Name   string `json:"name"`
	}
	vtNumber struct {
		Column   string `json:"column"`
		Sequence string `json:"sequence"`
	}
)

// vitess hashes the key's bytes and numbers rows by sequences: without them, each shard
// would number its own.
func vitess(tables []modelTable) (*Sharding, error) {
	const hash = "shard_key"
	out := &Sharding{}
	sharded := vschema{Sharded: true, Vindexes: map[string]vindex{hash: {"xxhash"}}, Tables: map[string]vtTable{}}
	others := vschema{Tables: map[string]vtTable{}}
	for _, t := range tables {
		if t.ShardKey == "" {
			others.Tables[t.Name] = vtTable{}
			continue
		}
		table := vtTable{ColumnVindexes: []vtColumn{{t.ShardKey, hash}}}
		for _, c := range t.Columns {
			if !c.AutoIncrement {
				continue
			}
			sequence := t.Name + "_seq"
			table.AutoIncrement = &vtNumber{c.Name, sequence}
			others.Tables[sequence] = vtTable{Type: "sequence"}
			out.Statements = append(out.Statements,
				"CREATE TABLE "+sequence+" (id bigint NOT NULL, next_id bigint, cache bigint, PRIMARY KEY (id)) COMMENT 'vitess_sequence'",
				"INSERT INTO "+sequence+" (id, next_id, cache) VALUES (0, 1, 1000)")
		}
		sharded.Tables[t.Name] = table
	}
	var err error
	if out.VSchema, err = indented(sharded); err == nil {
		out.UnshardedVSchema, err = indented(others)
	}
	return out, err
}

func indented(v any) (string, error) {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return "", fmt.Errorf("vschema: %w", err)
	}
	return b.String(), nil
}
