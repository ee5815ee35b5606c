package page

import (
	"encoding/base64"
	"encoding/binary"

	"github.com/chameleon-go/chameleon/internal/valid"
)

// textVersion begins the cursors of lists in the order of a text.
const textVersion = 2

// textHead is the version byte and the list's fingerprint.
const textHead = 1 + 8

// TextCursor is the cursor of a list in the order of a text that is unique in it,
// such as a name, of which a page ended with text. It holds in scope only.
func TextCursor(scope, text string) string {
	b := make([]byte, 0, textHead+len(text))
	b = append(b, textVersion)
	b = binary.BigEndian.AppendUint64(b, fingerprint(scope))
	return base64.RawURLEncoding.EncodeToString(append(b, text...))
}

// ParseTextCursor returns the text that TextCursor was given, empty for the cursor of
// the first page, "". It returns a *dialect.InvalidError for any other string, for a
// cursor of another list, and for a text of more than maxRunes.
func ParseTextCursor(cursor, scope string, maxRunes int) (string, error) {
	if cursor == "" {
		return "", nil
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(b) < textHead || b[0] != textVersion {
		return "", valid.Failf("Cursor", "not a cursor")
	}
	if binary.BigEndian.Uint64(b[1:]) != fingerprint(scope) {
		return "", valid.Failf("Cursor", "belongs to another list")
	}
	text := string(b[textHead:])
	if valid.Text("Cursor", text, maxRunes) != nil {
		return "", valid.Failf("Cursor", "not a cursor")
	}
	return text, nil
}
