package apikeys

import "github.com/chameleon-go/chameleon/secret"

// Secret holds plaintext: an API key as its owner has it. The package fmt prints a
// placeholder for it whatever the verb, log/slog too; encoders (JSON, text,
// XML, YAML, gob) and database/sql get [ErrSecret]. Reveal returns the
// plaintext. The zero Secret is empty.
type Secret = secret.Secret

// ErrSecret says that a Secret was to be marshalled or stored. What is meant
// to leave the process says so by Reveal.
var ErrSecret = secret.Err

// NewSecret hides plaintext.
func NewSecret(plaintext string) Secret { return secret.New(plaintext) }
