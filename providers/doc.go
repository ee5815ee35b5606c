// Package providers stores the API keys of the AI providers that a product
// calls: one encrypted key per provider, with its configuration and a switch.
//
// [Put] stores a key and [Get] decrypts it. [List] and [Find] describe
// providers without their keys, [Enable] and [Disable] switch them,
// [SetModelConfig] changes the configuration, [Delete] removes a provider, and
// [RotateKeys] re-encrypts all keys.
//
// # Encryption
//
// The verbs that handle keys take an [AEAD], such as Tink's tink.AEAD: a keyset
// in memory, or a KMS. Package providers/keyring makes one from a keyset in the
// environment or from a *keyset.Handle. Only that package links Tink, so that
// programs that only read prices or switches do not.
//
// A key is stored as text: "chameleon.sealed.v1." followed by the ciphertext in
// base64url. The provider's name is the associated data, so a ciphertext copied
// to another provider's row does not decrypt there.
//
// # Rows of an adopted database
//
// A value without the prefix "chameleon.sealed." is plaintext that another
// program wrote. Get returns it and reports that in [Credential].State, without
// writing anything. RotateKeys encrypts it: run it once after adoption, and set
// [GetParams].RefusePlaintext from then on.
//
// # Changing the encryption key
//
// Without downtime, if every process reads the keyset at startup:
//
//  1. Add a key to the keyset (keyring's Ring.Add) and restart every process
//     with it. Processes can then decrypt with the new key and still encrypt
//     with the old one.
//  2. Make it the primary key (Ring.Promote) and restart every process.
//  3. Call RotateKeys until its Next is empty and it returns no error. It may
//     be stopped and restarted, and run concurrently with every other verb.
//  4. Remove the old key (Ring.Retire) and restart every process.
//
// To move to another keyset or to a KMS, give every process [Either] of the new
// and the old one in step 2.
//
// # Plaintext
//
// A [Secret] holds plaintext. It cannot be printed, logged, marshaled or stored
// by accident; only Secret.Reveal returns it. No error of this package contains
// a key.
package providers
