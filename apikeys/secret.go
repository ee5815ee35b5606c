package apikeys

import "github.com/chameleon-go/chameleon/secret"

// Secret holds plaintext: an API key as its owner has it. The package fmt prints a
// placeholder for it whatever the verb, log/slog too; encoders (JSON, text,
// XML, YAML, gob) and database/sql get [ErrSecret]. Reveal returns the
// plaintext. The zero Secret is empty.
type Secret = secret.Secret

// ErrSecret is returned when a Secret is marshaled or stored. Use Reveal for
// plaintext that is meant to leave the process.
var ErrSecret = secret.Err

// NewSecret hides plaintext.
func NewSecret(plaintext string) Secret { return secret.New(plaintext) }
