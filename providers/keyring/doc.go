// Package keyring implements the encryption that package providers needs, with a Tink
// keyset. It is a separate module, because it needs Tink.
//
// A [Ring] holds a keyset of AEAD keys: the primary key encrypts, and all keys decrypt.
// [FromEnv] reads a keyset from the environment, [Parse] reads it from text, [FromHandle]
// takes a *keyset.Handle, which may have been decrypted by a KMS, and [New] generates
// one.
//
// To begin, generate a keyset, store it with the deployment's other secrets, and pass it
// to every process as CHAMELEON_KEYSET:
//
//	ring, err := keyring.New()
//	text, err := ring.Export()
//	fmt.Println(text.Reveal())
//
// Anyone who has the keyset and the database can read the providers' keys; without the
// keyset they are lost. To use a keyset that a KMS has encrypted, read it with Tink's
// keyset.Read and pass it to FromHandle. A KMS that encrypts each key itself is a
// tink.AEAD, which package providers takes directly.
//
// Package providers documents how to change keys without downtime.
package keyring
