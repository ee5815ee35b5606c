package credits

import (
	"strings"
	"time"
	"unicode"

	"github.com/chameleon-go/chameleon/internal/valid"
)

type timeField = time.Time

const (
	maxAccountBytes = 255
	maxKeyBytes     = 255
	maxTypeRunes    = 50
)

// checkAccount checks an account's id: any text of 1 to 255 bytes. Control characters are
// refused because they sort before the space with which MySQL pads, and white space at the ends
// because MySQL ignores it.
func checkAccount(field, id string) error {
	if err := valid.Key(field, id, maxAccountBytes); err != nil {
		return err
	}
	if strings.ContainsFunc(id, unicode.IsControl) {
		return valid.Failf(field, "holds a control character")
	}
	return nil
}

// checkKey allows the empty key, for which one is generated.
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

// checkType refuses the names by which the ledger recognizes its own entries.
func checkType(name string) error {
	switch name {
	case TypeDebtPayment, TypeCarryOver, TypeClawBack, TypeVoid,
		TypeHold, TypeRelease, TypeHoldTimeout, TypeHoldExtend, TypeClockReset, TypeAdoption, TypeAdoptedDraw:
		return valid.Failf("Type", "%q is reserved for the ledger", name)
	}
	return valid.Identifier("Type", name, maxTypeRunes)
}

func errBroken(user, what string) error { return &CorruptError{UserUUID: user, Detail: what} }
