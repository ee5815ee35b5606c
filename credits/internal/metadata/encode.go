// Package metadata encodes the callers' metadata as the text that the ledger stores and
// hashes: one text for one value, and nothing that JSON would change silently.
package metadata

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"iter"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/chameleon-go/chameleon/internal/valid"
)

// maxBytes bounds the text.
const maxBytes = 16 << 10

// Encode renders metadata canonically: keys sorted, in structs too. What JSON would
// change silently is refused with a *dialect.InvalidError, which says where it is.
func Encode(metadata map[string]any) (string, error) {
	if len(metadata) == 0 {
		return "", nil
	}
	text, err := json.Marshal(metadata) // first: it refuses a map that holds itself
	if err != nil {
		return "", unmarshallable("", reflect.ValueOf(metadata), maxDepth)
	}
	if err := checkFaithful("", reflect.ValueOf(metadata)); err != nil {
		return "", err
	}
	if err := checkEncoded(text); err != nil {
		return "", err
	}
	if text, err = sorted(text); err != nil {
		return "", invalid("", "does not marshal to JSON")
	}
	if len(text) > maxBytes {
		return "", valid.Failf("Metadata", "longer than %d bytes as JSON", maxBytes)
	}
	return string(text), nil
}

// invalid names the place in the metadata, as Go would select it.
func invalid(path, problem string) error {
	if path == "" {
		return valid.Failf("Metadata", "%s", problem)
	}
	return valid.Failf("Metadata", "%s: %s", strings.TrimPrefix(path, "."), problem)
}

// keyPath is the path of an object's member.
func keyPath(path, key string) string {
	for _, r := range key {
		if r == utf8.RuneError || r == '.' || r == '[' || r < ' ' {
			return fmt.Sprintf("%s[%q]", path, key)
		}
	}
	return path + "." + key
}

// maxDepth is how deep the search for a value that does not marshal
// goes: it may be a map that holds itself.
const maxDepth = 20

// unmarshallable finds which value does not marshal.
func unmarshallable(path string, v reflect.Value, depth int) error {
	for name, item := range members(path, v) {
		if _, err := json.Marshal(item.Interface()); err != nil && depth > 0 {
			return unmarshallable(name, item, depth-1)
		}
	}
	return invalid(path, "does not marshal to JSON")
}

// members lists the parts of maps, slices, arrays and structs, by their paths.
func members(path string, v reflect.Value) iter.Seq2[string, reflect.Value] {
	v = pointedTo(v)
	return func(yield func(string, reflect.Value) bool) {
		if !v.IsValid() || marshalsItself(v) {
			return
		}
		switch v.Kind() {
		case reflect.Map:
			for key, item := range v.Seq2() {
				if !yield(keyPath(path, fmt.Sprint(key)), item) {
					return
				}
			}
		case reflect.Slice, reflect.Array:
			for i := range v.Len() {
				if !yield(fmt.Sprintf("%s[%d]", path, i), v.Index(i)) {
					return
				}
			}
		case reflect.Struct:
			for _, f := range reflect.VisibleFields(v.Type()) {
				if len(f.Index) == 1 && f.IsExported() && f.Tag.Get("json") != "-" && !yield(path+"."+f.Name, v.FieldByIndex(f.Index)) {
					return
				}
			}
		}
	}
}

func pointedTo(v reflect.Value) reflect.Value {
	for v.IsValid() && (v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer) {
		v = v.Elem()
	}
	return v
}

// marshalsItself reports whether the type says what its JSON is.
func marshalsItself(v reflect.Value) bool {
	t := v.Type()
	return t.Implements(reflect.TypeFor[json.Marshaler]()) || t.Implements(reflect.TypeFor[encoding.TextMarshaler]())
}

// checkFaithful refuses values that JSON has no form for and Go gives another:
// bytes become base64, keys that are no strings become some, and a number
// without digits becomes 0.
func checkFaithful(path string, v reflect.Value) error {
	v = pointedTo(v)
	switch {
	case !v.IsValid(), marshalsItself(v):
		return nil
	case v.Kind() == reflect.Map && v.Type().Key().Kind() != reflect.String:
		return invalid(path, "has keys that are not strings")
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8:
		return invalid(path, "is bytes, which JSON does not have: give a string")
	case v.Type() == reflect.TypeFor[json.Number]() && v.String() == "":
		return invalid(path, "is an empty number")
	}
	for name, item := range members(path, v) {
		if err := checkFaithful(name, item); err != nil {
			return err
		}
	}
	return nil
}

// sorted writes JSON anew with the keys of all objects sorted; numbers stay as
// they are written.
func sorted(text []byte) ([]byte, error) {
	var v map[string]any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	return json.Marshal(v)
}
