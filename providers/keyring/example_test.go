package keyring_test

import (
	"fmt"
	"os"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"

	"github.com/chameleon-go/chameleon/providers/keyring"
)

// Made once, by hand, and kept with the deployment's other secrets.
func ExampleNew() {
	ring, err := keyring.New()
	if err != nil {
		panic(err)
	}
	text, err := ring.Export()
	if err != nil {
		panic(err)
	}
	again, err := keyring.Parse(text.Reveal())
	fmt.Println(len(again.Keys()), again.Keys()[0].Primary, err)
	fmt.Println(text, again)
	// Output:
	// 1 true <nil>
	// [secret] [keyring]
}

func ExampleFromEnv() {
	_ = os.Unsetenv("CHAMELEON_KEYSET")
	_, err := keyring.FromEnv()
	fmt.Println(err)
	// Output: CHAMELEON_KEYSET is not set: keyring.New makes a keyset
}

// A keyset of the caller's own, such as one that keyset.Read had a KMS decrypt.
func ExampleFromHandle() {
	handle, err := keyset.NewHandle(aead.XChaCha20Poly1305KeyTemplate())
	if err != nil {
		panic(err)
	}
	ring, err := keyring.FromHandle(handle)
	fmt.Println(len(ring.Keys()), err)
	// Output: 1 <nil>
}
