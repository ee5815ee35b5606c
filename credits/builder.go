package credits

import (
	"cmp"
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/chameleon-go/chameleon/credits/internal/chain"
	"github.com/chameleon-go/chameleon/credits/internal/metadata"
	"github.com/chameleon-go/chameleon/internal/valid"
)

// builder collects one operation's entries.
type builder struct {
	header  Entry // the fields that its entries share, or that its first one has
	data    opData
	started int64 // Seq of the first entry, 0 before it
}

// stamp sets the operation's fields of an entry.
func (b *builder) stamp(e *Entry) {
	if b.started == 0 {
		b.started = e.Seq
		h := &b.header
		e.OpKey, e.OpKind, e.OpHash = h.OpKey, h.OpKind, h.OpHash
		e.OpData, e.Metadata, e.MetadataSalt, e.CallID = b.data.text(), h.Metadata, h.MetadataSalt, h.CallID
	}
	e.OpSeq = b.started
	e.TargetSeq, e.OrderNo, e.GenID = b.header.TargetSeq, b.header.OrderNo, b.header.GenID
}

// systemBuilder is for operations that the clock causes: they have no key.
func systemBuilder(kind Kind, h *hold) *builder {
	b := &builder{header: Entry{OpKind: kind}}
	b.targetHold(h)
	return b
}

// target makes the operation act on the one whose first entry is given. It is
// for the same order and generation, unless it names its own.
func (b *builder) target(first *Entry) { b.act(first.OpSeq, first.OrderNo, first.GenID) }

func (b *builder) targetHold(h *hold) { b.act(h.HoldSeq, h.orderNo, h.genID) }

func (b *builder) act(target int64, orderNo, genID string) {
	h := &b.header
	h.TargetSeq, h.OrderNo, h.GenID = target, cmp.Or(h.OrderNo, orderNo), cmp.Or(h.GenID, genID)
}

// Op is one operation on one account: the params of a verb, as [Post] takes
// them.
type Op interface {
	// spec checks the params and says what every operation has.
	spec() (*spec, error)
}

// planner plans an operation on an account in memory. An error leaves the
// account as it was.
type planner interface {
	apply(ctx context.Context, a *account, b *builder) error
}

// spec is what every operation has.
type spec struct {
	op      planner
	user    string
	key     string
	at      int64
	ahead   int64 // how far at may be ahead of the database's clock
	kind    Kind
	grants  bool  // may be an account's first operation
	granted int64 // what it grants, 0 for other verbs
	refused error // what is wrong with it unless it is a replay
	own     bool  // the key is the verb's, not the caller's
	// fingerprint is the digest of the payload, with that of its metadata.
	fingerprint func(digest string) string
	orderNo     string
	genID       string
	meta        string
	salt        string // of the metadata, if this call is the first
	// call is the number of this call's one-round-trip attempt; ours means that what it
	// wrote is stored.
	call int64
	ours bool
	// mark is the number of a Prepared operation, 0 for others: an entry has it if an
	// earlier attempt wrote it.
	mark int64
}

// common are the fields that every params struct has.
type common struct {
	user, key, orderNo, genID string
	metadata                  map[string]any
	at                        timeField
	maxAhead                  time.Duration
}

// newSpec checks the common fields. payload is what has to be equal for a call with the same
// key to be a replay: everything except the key and the time.
func newSpec(op planner, kind Kind, c common, payload ...any) (*spec, error) {
	err := valid.First(
		checkAccount("UserUUID", c.user),
		checkKey("Key", c.key),
		valid.Text("OrderNo", c.orderNo, 255),
		valid.Text("GenID", c.genID, 255),
		checkTime("At", c.at),
		checkAhead(c.maxAhead),
	)
	if err != nil {
		return nil, err
	}
	meta, err := metadata.Encode(c.metadata)
	if err != nil {
		return nil, err
	}
	s := &spec{
		op: op, user: c.user, key: c.key, at: nowOr(c.at), ahead: aheadOr(c.maxAhead), kind: kind,
		orderNo: c.orderNo, genID: c.genID, meta: meta, salt: chain.NewSalt(meta),
	}
	if s.key == "" {
		id, err := uuid.NewV7()
		if err != nil {
			return nil, err
		}
		s.key = id.String()
	}
	s.fingerprint = func(digest string) string {
		return fingerprint(payload, string(kind), c.orderNo, c.genID, digest)
	}
	return s, nil
}

// fingerprint is the digest of texts and payload as one JSON array.
func fingerprint(payload []any, texts ...string) string {
	var room [512]byte
	text := room[:0]
	for _, t := range texts {
		text = chain.AppendJSON(append(text, ','), t)
	}
	for _, part := range payload {
		text = append(text, ',')
		switch part := part.(type) {
		case string:
			text = chain.AppendJSON(text, part)
		case int64:
			text = strconv.AppendInt(text, part, 10)
		default:
			text = append(text, mustJSON(part)...)
		}
	}
	text[0] = '['
	return chain.SumBytes(append(text, ']'))
}

func (s *spec) builder() *builder {
	return &builder{header: Entry{
		OpKey: s.key, OpKind: s.kind, OpHash: s.fingerprint(chain.MetadataDigest(s.salt, s.meta)),
		Metadata: s.meta, MetadataSalt: s.salt, OrderNo: s.orderNo, GenID: s.genID, CallID: s.mark,
	}}
}

// sameAs reports whether the call is the one that made an operation, given its first entry.
// If the operation was redacted, its metadata is gone, and it is enough to have any.
// Operations from before metadata was salted have the text itself in their fingerprint.
func (s *spec) sameAs(first *Entry) bool {
	if first.OpHash == adoptedHash {
		return first.OpKind == s.kind
	}
	if first.MetadataSalt == "" && first.OpHash == s.fingerprint(s.meta) {
		return true
	}
	digest := chain.MetadataDigest(first.MetadataSalt, s.meta)
	if rest, redacted := strings.CutPrefix(first.Metadata, chain.RedactedPrefix); redacted && s.meta != "" {
		digest = rest
	}
	return first.OpHash == s.fingerprint(digest)
}
