// Package providers holds the API keys of the AI providers that a product
// calls: one a provider, encrypted, with its configuration and a switch.
//
// [Put] stores a key, [Get] decrypts it for the caller, [List] and [Find] tell
// about providers without their keys, [Enable] and [Disable] are the switch,
// [SetModelConfig] changes the configuration, [Delete] forgets a provider, and
// [RotateKeys] encrypts every key anew.
//
// # Encryption
//
// The verbs that touch keys take an [AEAD], which Tink's tink.AEAD is: a
// keyset in memory, or a KMS. The package providers/keyring makes one from a
// keyset in the environment or from a *keyset.Handle; it alone links Tink, so
// that programs that only read prices or switches do not.
//
// A key is stored as text, "chameleon.sealed.v1." and the ciphertext in
// base64url. The provider's name is the associated data: a ciphertext that is
// copied to another provider's row does not decrypt there.
//
// # Rows of an adopted database
//
// Whatever lacks the prefix "chameleon.sealed." is plaintext that another
// program wrote. Get returns it, and says so in [Credential].State; it is read
// only and encrypts nothing. RotateKeys encrypts it, so run that once after
// adoption, and set [GetParams].RefusePlaintext from then on.
//
// # Changing the encryption key
//
// Without downtime, where every process reads the keyset when it starts:
//
//  1. Add a key to the keyset (keyring's Ring.Add) and restart every process
//     with it. They can decrypt with it, and encrypt with the old one still.
//  2. Make it the primary (Ring.Promote) and restart every process with that.
//  3. Call RotateKeys until its Next is empty and it returns no error. It may
//     be stopped and begun again, and run beside every other verb.
//  4. Remove the old key (Ring.Retire) and restart.
//
// To move to another keyset altogether, or to a KMS, give every process
// [Either] of the new one and the old one in step 2.
//
// # Plaintext
//
// A [Secret] holds plaintext. It cannot be printed, logged, marshalled or
// stored by accident; Secret.Reveal is the only way to it. No error of this
// package holds a key.
package providers
