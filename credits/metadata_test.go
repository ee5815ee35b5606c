package credits_test

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/chameleon-go/chameleon/credits"
	"github.com/chameleon-go/chameleon/internal/enginetest"
)

type note struct {
	Text string   `json:"text"`
	Tags []string `json:"tags,omitempty"`
	Deep *note    `json:"deep,omitempty"`
}

const notText = "caf\xe9"

// TestMetadataThatJSONWouldChange is refused, and the error says where it is.
func TestMetadataThatJSONWouldChange(t *testing.T) {
	t.Parallel()
	env := enginetest.New(t, "sqlite")
	type object = map[string]any
	for want, metadata := range map[string]object{
		"a: holds a string":               {"a": notText},
		"a.b[1].c: holds a string":        {"a": object{"b": []any{1, object{"c": notText}}}},
		"tags[1]: holds a string":         {"tags": []string{"fine", notText}},
		"names.first: holds a string":     {"names": map[string]string{"first": notText}},
		"note.deep.tags[0]: holds":        {"note": note{Deep: &note{Tags: []string{notText}}}},
		"notes[0].text: holds":            {"notes": []*note{{Text: notText}}},
		`["caf�"]: a key holds`:           {notText: 1},
		`x["caf�"]: a key holds`:          {"x": map[string]int{notText: 1}},
		"raw: holds a string":             {"raw": json.RawMessage(`"\ud800"`)},
		"raw[1]: holds a string":          {"raw": json.RawMessage(`["😀","\ude00\ud83d"]`)},
		"raw.a: is there twice":           {"raw": json.RawMessage(`{"a":1,"a":2}`)},
		"bytes: is bytes":                 {"bytes": []byte("abc")},
		"list[0]: is bytes":               {"list": [][]byte{[]byte("abc")}},
		"ids: has keys":                   {"ids": map[int]string{1: "a"}},
		"n: is an empty number":           {"n": json.Number("")},
		"n: does not marshal":             {"n": json.Number("1x")},
		"a.list[2]: does not marshal":     {"a": object{"list": []any{1, 2, math.NaN()}}},
		"floats[1]: does not marshal":     {"floats": []float64{1, math.Inf(-1)}},
		"f: does not marshal":             {"f": func() {}},
		"deep.note.Channel: does not mar": {"deep": object{"note": struct{ Channel chan int }{make(chan int)}}},
	} {
		_, err := credits.Grant(t.Context(), env.DB, credits.GrantParams{
			UserUUID: uuid.NewString(), Amount: 1, Type: "gift", Metadata: metadata, At: start,
		})
		invalid, ok := errors.AsType[*credits.InvalidError](err)
		require.True(t, ok, "%s: %v", want, err)
		assert.Equal(t, "Metadata", invalid.Field)
		assert.True(t, strings.HasPrefix(invalid.Problem, want), "%q does not begin with %q", invalid.Problem, want)
	}
}

// TestMetadataIsStoredFaithfully: what is accepted reads back as it was given,
// and another form of the same JSON is a replay.
func TestMetadataIsStoredFaithfully(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, func(t *testing.T, env *enginetest.Env) {
		tell := newTeller(t, env)
		forms := []map[string]any{
			{
				"big": json.Number("123456789012345678901234567890.10"), "id": int64(math.MaxInt64), "nothing": nil,
				"odd": "\ufffd\x00\u2028<&>😀\\ufffd", "note": note{Text: "a", Tags: []string{"b"}}, "at": start,
				"A": 1, "a": 2, "B": 3,
			},
			{
				"big": json.RawMessage(" 123456789012345678901234567890.10"), "id": json.Number("9223372036854775807"),
				"nothing": (*note)(nil), "odd": "\ufffd\x00\u2028<&>😀\\ufffd", "at": start.Format(time.RFC3339),
				"note": map[string]any{"tags": [1]string{"b"}, "text": "a"}, "a": 2.0, "A": uint8(1), "B": float32(3),
			},
		}
		var first string
		for i, metadata := range forms {
			grant := tell.GrantOp("g", 10)
			grant.Metadata = metadata
			op := tell.Do(grant)
			assert.Equal(t, i > 0, op.Replayed)
			if i == 0 {
				first = op.Entries[0].Metadata
			}
			assert.Equal(t, first, op.Entries[0].Metadata)
		}
		var got map[string]any
		decoder := json.NewDecoder(strings.NewReader(first))
		decoder.UseNumber()
		require.NoError(t, decoder.Decode(&got))
		assert.Equal(t, json.Number("123456789012345678901234567890.10"), got["big"])
		assert.Equal(t, json.Number("9223372036854775807"), got["id"])
		assert.Equal(t, forms[0]["odd"], got["odd"])
		for key, want := range map[string]json.Number{"a": "2", "A": "1", "B": "3"} {
			assert.Equal(t, want, got[key])
		}
		other := tell.GrantOp("g", 10)
		other.Metadata = map[string]any{"big": json.Number("123456789012345678901234567890.1")}
		tell.Refuse(other, credits.ErrKeyReused)
	})
}

// TestMetadataStrings: a string of any bytes at any depth comes back as it was,
// or is refused.
func TestMetadataStrings(t *testing.T) {
	t.Parallel()
	env := enginetest.New(t, "sqlite")
	rapid.Check(t, func(rt *rapid.T) {
		text := string(rapid.SliceOf(rapid.SampledFrom([]byte("a\\u\"fd\xff\xc3\xa9\xed\xa0\x80\xef\xbf\xbd\x00"))).Draw(rt, "text"))
		op, err := credits.Grant(rt.Context(), env.DB, credits.GrantParams{
			UserUUID: uuid.NewString(), Amount: 1, Type: "gift", At: start,
			Metadata: map[string]any{"in": []note{{Tags: []string{text}}}},
		})
		if strings.ToValidUTF8(text, "") != text {
			require.ErrorIs(rt, err, credits.ErrInvalid)
			return
		}
		require.NoError(rt, err)
		var got struct {
			In []note `json:"in"`
		}
		require.NoError(rt, json.Unmarshal([]byte(op.Entries[0].Metadata), &got))
		require.Equal(rt, text, got.In[0].Tags[0])
	})
}
