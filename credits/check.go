package credits

import (
	"encoding/json"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/chameleon-go/chameleon/internal/valid"
)

type timeField = time.Time

const (
	maxKeyBytes      = 255
	maxTypeRunes     = 50
	maxMetadataBytes = 16 << 10
)

// checkKey allows the empty key: one is made then.
func checkKey(field, key string) error {
	if key == "" {
		return nil
	}
	return requireKey(field, key)
}

func requireKey(field, key string) error {
	if len(key) > maxKeyBytes {
		return valid.Failf(field, "longer than %d bytes", maxKeyBytes)
	}
	return valid.Identifier(field, key, 0)
}

// checkType refuses the names that the ledger tells its own entries apart by.
func checkType(name string) error {
	switch name {
	case TypeDebtPayment, TypeCarryOver, TypeClawBack, TypeVoid,
		TypeHold, TypeRelease, TypeHoldTimeout, TypeHoldExtend:
		return valid.Failf("Type", "%q is the ledger's own", name)
	}
	return valid.Identifier("Type", name, maxTypeRunes)
}

// encodeMetadata renders metadata canonically: keys sorted.
func encodeMetadata(metadata map[string]any) (string, error) {
	if len(metadata) == 0 {
		return "", nil
	}
	text, err := json.Marshal(metadata)
	if err != nil {
		return "", valid.Failf("Metadata", "does not marshal to JSON")
	}
	if !validText(metadata) { // after Marshal, which refuses a map that holds itself
		// Marshal has replaced the bytes without a word.
		return "", valid.Failf("Metadata", "holds a string that is not valid UTF-8")
	}
	if len(text) > maxMetadataBytes {
		return "", valid.Failf("Metadata", "longer than %d bytes as JSON", maxMetadataBytes)
	}
	return string(text), nil
}

// validText reports whether the strings of a JSON-like value are UTF-8.
func validText(v any) bool {
	switch v := v.(type) {
	case string:
		return utf8.ValidString(v)
	case []any:
		return !slices.ContainsFunc(v, func(item any) bool { return !validText(item) })
	case map[string]any:
		for key, item := range v {
			if !utf8.ValidString(key) || !validText(item) {
				return false
			}
		}
	}
	return true
}

func errBroken(user, what string) error { return &CorruptError{UserUUID: user, Detail: what} }
