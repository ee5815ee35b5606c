package transfer

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math/big"
	"strconv"
	"strings"
)

// kind is what a column holds, on every engine.
type kind uint8

const (
	kindText kind = iota
	kindInt
	kindBool
	kindTime
	kindFloat
	// kindJSON is a text that an engine stores by value, so that its spelling may change.
	kindJSON
)

// kindNames are the names of kinds in an archive.
//
//nolint:gochecknoglobals // a constant
var kindNames = [...]string{"text", "int", "bool", "time", "float", "json"}

func (k kind) String() string { return kindNames[k] }

func kindOf(name string) (kind, bool) {
	for k, n := range kindNames {
		if n == name {
			return kind(k), true
		}
	}
	return 0, false
}

// value is one column of one row. The zero value is NULL.
type value struct {
	set bool
	n   int64 // int, bool (0 or 1), time in microseconds, float's bits
	s   string
}

// The type bytes of encoded values.
const (
	markNull byte = iota
	markInt
	markBool
	markText
	markTime
	markFloat
)

// appendValue appends v as docs/archive-format.md specifies.
func appendValue(b []byte, k kind, v value) []byte {
	if !v.set {
		return append(b, markNull)
	}
	switch k {
	case kindInt:
		return binary.AppendVarint(append(b, markInt), v.n)
	case kindBool:
		return append(b, markBool, byte(v.n&1))
	case kindTime:
		return binary.AppendVarint(append(b, markTime), v.n)
	case kindFloat:
		return binary.BigEndian.AppendUint64(append(b, markFloat), uint64(v.n)) //nolint:gosec // bits
	case kindText, kindJSON:
	}
	b = binary.AppendUvarint(append(b, markText), uint64(len(v.s)))
	return append(b, v.s...)
}

// same reports whether two values of a column are equal.
func same(k kind, a, b value) bool {
	if a == b {
		return true
	}
	return k == kindJSON && a.set && b.set && plainJSON(a.s) == plainJSON(b.s)
}

// plainJSON returns the canonical form of a JSON text: engines that store JSON by value
// sort keys, drop spaces and reformat numbers. What is not JSON is returned unchanged.
func plainJSON(s string) string {
	d := json.NewDecoder(strings.NewReader(s))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil || d.More() {
		return s
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(plainNumbers(v)); err != nil {
		return s
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func plainNumbers(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			v[k] = plainNumbers(v[k])
		}
	case []any:
		for i := range v {
			v[i] = plainNumbers(v[i])
		}
	case json.Number:
		return plainNumber(v)
	}
	return v
}

// widestExponent limits the size of numbers that are compared by value.
const widestExponent = 400

func plainNumber(n json.Number) any {
	s := strings.ToLower(string(n))
	if _, exponent, ok := strings.Cut(s, "e"); ok {
		if e, err := strconv.Atoi(exponent); err != nil || e > widestExponent || e < -widestExponent {
			return n
		}
	}
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		return n
	}
	return "number " + r.RatString()
}
