package metadata

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// jsonWalk reads encoded metadata and keeps track of where it is.
type jsonWalk struct {
	text    []byte
	decoder *json.Decoder
}

// checkEncoded refuses strings that Marshal had to change, wherever they came
// from, and what another reader would change: keys that are there twice, and
// surrogates without their other half. Marshal writes a byte that is not UTF-8
// as \ufffd, and the character U+FFFD itself as it is.
func checkEncoded(text []byte) error {
	w := jsonWalk{text: text, decoder: json.NewDecoder(bytes.NewReader(text))}
	w.decoder.UseNumber()
	return w.value("")
}

// next returns a token, and for a string what is wrong with it.
func (w jsonWalk) next() (json.Token, string, error) {
	from := w.decoder.InputOffset()
	token, err := w.decoder.Token()
	if err != nil {
		return nil, "", invalid("", "does not marshal to JSON")
	}
	if _, ok := token.(string); ok {
		return token, stringProblem(w.text[from:w.decoder.InputOffset()]), nil
	}
	return token, "", nil
}

func (w jsonWalk) value(path string) error {
	token, problem, err := w.next()
	switch {
	case err != nil:
		return err
	case problem != "":
		return invalid(path, problem)
	case token == json.Delim('{'):
		return w.object(path)
	case token == json.Delim('['):
		for i := 0; w.decoder.More(); i++ {
			if err := w.value(fmt.Sprintf("%s[%d]", path, i)); err != nil {
				return err
			}
		}
		_, _, err = w.next()
	}
	return err
}

func (w jsonWalk) object(path string) error {
	seen := map[string]bool{}
	for w.decoder.More() {
		token, problem, err := w.next()
		if err != nil {
			return err
		}
		key, _ := token.(string)
		at := keyPath(path, key)
		switch {
		case problem != "":
			return invalid(at, "a key "+problem)
		case seen[key]:
			return invalid(at, "is there twice")
		}
		seen[key] = true
		if err := w.value(at); err != nil {
			return err
		}
	}
	_, _, err := w.next()
	return err
}

// stringProblem looks at a string as it is written, quotes and all.
func stringProblem(raw []byte) string {
	if !utf8.Valid(raw) {
		return notUTF8
	}
	high := false // the escape before was the first half of a pair
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' {
			if high {
				return notUTF8
			}
			continue
		}
		i++
		unit := uint64(0)
		if raw[i] == 'u' {
			unit, _ = strconv.ParseUint(string(raw[i+1:i+5]), 16, 32)
			i += 4
		}
		low := unit >= 0xdc00 && unit <= 0xdfff
		if unit == utf8.RuneError || low != high {
			return notUTF8
		}
		high = unit >= 0xd800 && unit <= 0xdbff
	}
	return ""
}

const notUTF8 = "holds a string that is not valid UTF-8"
