package credits

import (
	"time"

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
		TypeHold, TypeRelease, TypeHoldTimeout, TypeHoldExtend, TypeClockReset:
		return valid.Failf("Type", "%q is the ledger's own", name)
	}
	return valid.Identifier("Type", name, maxTypeRunes)
}

func errBroken(user, what string) error { return &CorruptError{UserUUID: user, Detail: what} }
