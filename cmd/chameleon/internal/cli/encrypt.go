package cli

import (
	"io"
	"os"
	"strings"

	"filippo.io/age"
	"github.com/spf13/cobra"
)

// encryption says for whom a backup is encrypted: for nobody, or as age does it.
type encryption struct {
	recipients     []string
	passphraseFile string
}

func (s *encryption) flags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringArrayVarP(&s.recipients, "recipient", "r", nil, "encrypt to this age `recipient` (age1…); may be repeated")
	flags.StringVar(&s.passphraseFile, "passphrase-file", "", "encrypt with the passphrase in this `file`")
	cmd.MarkFlagsMutuallyExclusive("recipient", "passphrase-file")
}

// keys reads what to encrypt with. Errors do not repeat it: it may be a secret that
// was taken for a recipient. Work is the effort of scrypt, 0 for age's own.
func (s *encryption) keys(work int) (keys []age.Recipient, err error) {
	return ageKeys(s.recipients, parseRecipient, s.passphraseFile, func(passphrase string) (age.Recipient, error) {
		key, err := age.NewScryptRecipient(passphrase)
		if err == nil && work > 0 {
			key.SetWorkFactor(work)
		}
		return key, err
	})
}

// parseRecipient reads whom a backup is encrypted to.
func parseRecipient(text string) ([]age.Recipient, error) {
	if strings.HasPrefix(text, "AGE-SECRET-KEY-") {
		return nil, usagef("--recipient: this is a secret key: take its public part (age-keygen -y)")
	}
	parsed, err := age.ParseRecipients(strings.NewReader(text))
	if err != nil {
		return nil, usagef("--recipient: this is not an age recipient, such as age1…")
	}
	return parsed, nil
}

// ageKeys reads the keys that parse finds in each word, or the key of a passphrase where
// a file has one.
func ageKeys[K any](
	words []string, parse func(string) ([]K, error), passphraseFile string, derive func(string) (K, error),
) (keys []K, err error) {
	for _, word := range words {
		parsed, err := parse(word)
		if err != nil {
			return nil, err
		}
		keys = append(keys, parsed...)
	}
	if passphraseFile == "" {
		return keys, nil
	}
	passphrase, err := readPassphrase(passphraseFile)
	if err != nil {
		return nil, err
	}
	key, err := derive(passphrase)
	if err != nil {
		return nil, err
	}
	return []K{key}, nil
}

// encrypt encrypts what is written to w, if there are keys.
func encrypt(w io.Writer, keys []age.Recipient) (io.WriteCloser, error) {
	if len(keys) == 0 {
		return plainWriter{w}, nil
	}
	return age.Encrypt(w, keys...)
}

// plainWriter is a writer that needs no closing.
type plainWriter struct{ io.Writer }

func (plainWriter) Close() error { return nil }

// readPassphrase reads a file of one passphrase, without the line's end.
func readPassphrase(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", usagef("--passphrase-file: %v", err)
	}
	passphrase := strings.TrimRight(string(text), "\r\n")
	if passphrase == "" || strings.ContainsAny(passphrase, "\r\n") {
		return "", usagef("--passphrase-file: %s is not one line with a passphrase", path)
	}
	return passphrase, nil
}
