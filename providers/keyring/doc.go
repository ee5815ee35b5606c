// Package keyring makes the encryption that the package providers asks for out
// of a Tink keyset. It has a module of its own, so that no other package brings Tink.
//
// A [Ring] holds a keyset of AEAD keys: one primary, which encrypts, and any
// number of others, which decrypt. [FromEnv] reads it from the environment,
// [Parse] from text, [FromHandle] takes a *keyset.Handle, which a KMS can have
// decrypted, and [New] makes one.
//
// To begin, make a keyset, keep it where the deployment's other secrets are,
// and give it to every process as CHAMELEON_KEYSET:
//
//	ring, err := keyring.New()
//	text, err := ring.Export()
//	fmt.Println(text.Reveal())
//
// Whoever has the keyset and the database has the providers' keys, and whoever
// loses the keyset loses them. A keyset that a KMS has encrypted is read with
// Tink's keyset.Read and handed to FromHandle; a KMS that encrypts each key
// itself is a tink.AEAD, which the package providers takes as it is.
//
// The package providers says how to change keys without downtime.
package keyring
