package cli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"

	"filippo.io/age"
	"filippo.io/age/armor"
	"github.com/spf13/cobra"
)

// What encrypted files begin with: age's own form, and its armor.
const (
	ageHead   = "age-encryption.org/"
	armorHead = armor.Header
)

// decryption says what decrypts a backup.
type decryption struct {
	identities     []string
	passphraseFile string
}

func (u *decryption) flags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringArrayVarP(&u.identities, "identity", "i", nil, "decrypt with the age keys in this `file`; may be repeated")
	flags.StringVar(&u.passphraseFile, "passphrase-file", "", "decrypt with the passphrase in this `file`")
	cmd.MarkFlagsMutuallyExclusive("identity", "passphrase-file")
}

// keys reads what to decrypt with.
func (u *decryption) keys() (keys []age.Identity, err error) {
	return ageKeys(u.identities, readIdentities, u.passphraseFile, func(passphrase string) (age.Identity, error) {
		return age.NewScryptIdentity(passphrase)
	})
}

// readIdentities reads a file of secret keys.
func readIdentities(path string) ([]age.Identity, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, usagef("--identity: %v", err)
	}
	parsed, err := age.ParseIdentities(file)
	_ = file.Close() // it was only read
	if err != nil {
		return nil, usagef("--identity: %s is not a file of age's secret keys", path) // err may hold one
	}
	return parsed, nil
}

// openBackup opens a backup, decrypted: a file, or standard input for -. A file can be
// read again, encrypted or not, so that nothing of it is kept elsewhere in the clear.
func (a *app) openBackup(ctx context.Context, path string, u decryption) (r io.Reader, done func(), err error) {
	keys, err := u.keys()
	if err != nil {
		return nil, nil, err
	}
	if path == "-" {
		in, done := interruptible(ctx, a.env.In)
		r, err = decryptStream(in, keys)
		return r, done, err
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, usagef("%v", err)
	}
	done = func() { _ = file.Close() } // it was only read
	if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
		r, err = decryptFile(file, info.Size(), keys)
		return r, done, err
	}
	r, err = decryptStream(file, keys)
	return r, done, err
}

// decryptFile reads a file from any place.
func decryptFile(file *os.File, size int64, keys []age.Identity) (io.Reader, error) {
	head := make([]byte, len(armorHead))
	n, err := file.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch head = head[:n]; {
	case bytes.HasPrefix(head, []byte(ageHead)) && len(keys) > 0:
		r, length, err := age.DecryptReaderAt(file, size, keys...)
		if err != nil {
			return nil, undecipherable(err)
		}
		return io.NewSectionReader(r, 0, length), nil
	case isEncrypted(head) || len(keys) > 0:
		return decryptStream(file, keys)
	}
	return file, nil
}

// decryptStream reads from beginning to end.
func decryptStream(in io.Reader, keys []age.Identity) (io.Reader, error) {
	r := bufio.NewReader(in)
	head, err := r.Peek(len(armorHead))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch {
	case !isEncrypted(head) && len(keys) > 0:
		return nil, usagef("the backup is not encrypted: leave --identity and --passphrase-file out if that is right")
	case !isEncrypted(head):
		return r, nil
	case len(keys) == 0:
		return nil, usagef("the backup is encrypted: --identity or --passphrase-file decrypts it")
	}
	in = r
	if string(head) == armorHead {
		in = armor.NewReader(r)
	}
	plain, err := age.Decrypt(in, keys...)
	if err != nil {
		return nil, undecipherable(err)
	}
	return plain, nil
}

func isEncrypted(head []byte) bool {
	return bytes.HasPrefix(head, []byte(ageHead)) || string(head) == armorHead
}

// undecipherable tells a wrong key from a damaged file.
func undecipherable(err error) error {
	if _, wrong := errors.AsType[*age.NoIdentityMatchError](err); wrong {
		return usagef("the backup is not encrypted to this key or passphrase")
	}
	return &damagedError{err}
}

// damagedError says that an encrypted backup is damaged.
type damagedError struct{ err error }

func (e *damagedError) Error() string { return "the encrypted backup is damaged: " + e.err.Error() }
func (e *damagedError) Unwrap() error { return e.err }

// interruptible reads r until ctx ends, also while r has nothing to give. The function
// that it returns ends the reading.
func interruptible(ctx context.Context, r io.Reader) (io.Reader, func()) {
	out, in := io.Pipe()
	go func() {
		_, err := io.Copy(in, r)
		_ = in.CloseWithError(err) // it never fails
	}()
	stop := context.AfterFunc(ctx, func() { _ = in.CloseWithError(ctx.Err()) })
	return out, func() {
		stop()
		_ = out.Close()
	}
}
