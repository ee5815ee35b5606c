package cli

import (
	"io"
	"os"
	"strings"

	"filippo.io/age"
	"github.com/spf13/cobra"
)

// sealing says for whom a backup is encrypted: for nobody, or as age does it.
type sealing struct {
	recipients     []string
	passphraseFile string
}

func (s *sealing) flags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringArrayVarP(&s.recipients, "recipient", "r", nil, "encrypt to this age `recipient` (age1…); may be repeated")
	flags.StringVar(&s.passphraseFile, "passphrase-file", "", "encrypt with the passphrase in this `file`")
	cmd.MarkFlagsMutuallyExclusive("recipient", "passphrase-file")
}

// keys reads what to encrypt with. Errors do not repeat it: it may be a secret that
// was taken for a recipient. Work is the effort of scrypt, 0 for age's own.
func (s *sealing) keys(work int) (keys []age.Recipient, err error) {
	for _, text := range s.recipients {
		if strings.HasPrefix(text, "AGE-SECRET-KEY-") {
			return nil, usagef("--recipient: this is a secret key: take its public part (age-keygen -y)")
		}
		parsed, err := age.ParseRecipients(strings.NewReader(text))
		if err != nil {
			return nil, usagef("--recipient: this is not an age recipient, such as age1…")
		}
		keys = append(keys, parsed...)
	}
	if s.passphraseFile == "" {
		return keys, nil
	}
	passphrase, err := readPassphrase(s.passphraseFile)
	if err != nil {
		return nil, err
	}
	key, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return nil, err
	}
	if work > 0 {
		key.SetWorkFactor(work)
	}
	return []age.Recipient{key}, nil
}

// seal encrypts what is written to w, if there are keys.
func seal(w io.Writer, keys []age.Recipient) (io.WriteCloser, error) {
	if len(keys) == 0 {
		return unsealed{w}, nil
	}
	return age.Encrypt(w, keys...)
}

// unsealed is a writer that needs no closing.
type unsealed struct{ io.Writer }

func (unsealed) Close() error { return nil }

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
