// Package password keeps passwords as hashes of argon2id, and takes those of bcrypt.
package password

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"
)

// The cost of a new hash, as OWASP advises: 64 MiB and three passes.
const (
	memory  = 64 * 1024 // KiB
	passes  = 3
	threads = 2
	keySize = 32
)

// Hash makes a hash of a password for the jobs file.
func Hash(password string) string {
	salt := make([]byte, 16)
	rand.Read(salt) //nolint:errcheck // it never fails
	key := argon2.IDKey([]byte(password), salt, passes, memory, threads, keySize)
	enc := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memory, passes, threads, enc.EncodeToString(salt), enc.EncodeToString(key))
}

// Check says why a hash cannot be used; nil when it can.
func Check(hash string) error {
	if strings.HasPrefix(hash, "$2") {
		_, err := bcrypt.Cost([]byte(hash))
		return err
	}
	_, err := parse(hash)
	return err
}

// Verify reports whether a password fits a hash of argon2id or bcrypt. The error is a hash that cannot be used.
func Verify(hash, password string) (bool, error) {
	if strings.HasPrefix(hash, "$2") {
		err := bcrypt.CompareHashAndPassword([]byte(hash), []byte(password))
		if errors.Is(err, bcrypt.ErrMismatchedHashAndPassword) || errors.Is(err, bcrypt.ErrPasswordTooLong) {
			return false, nil
		}
		return err == nil, err
	}
	a, err := parse(hash)
	if err != nil {
		return false, err
	}
	got := argon2.IDKey([]byte(password), a.salt, a.passes, a.memory, a.threads, uint32(len(a.key)))
	return subtle.ConstantTimeCompare(got, a.key) == 1, nil
}

// argon is what a hash of argon2id says.
type argon struct {
	memory, passes uint32
	threads        uint8
	salt, key      []byte
}

func parse(hash string) (a argon, err error) {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return a, errors.New("the hash is neither argon2id nor bcrypt")
	}
	var version int
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return a, fmt.Errorf("the hash has the unknown version %q", parts[2])
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &a.memory, &a.passes, &a.threads); err != nil || a.memory > 1<<21 || a.passes == 0 || a.passes > 100 || a.threads == 0 {
		return a, fmt.Errorf("the hash has wrong parameters %q", parts[3])
	}
	var errS, errK error
	a.salt, errS = base64.RawStdEncoding.DecodeString(parts[4])
	a.key, errK = base64.RawStdEncoding.DecodeString(parts[5])
	if err := errors.Join(errS, errK); err != nil || len(a.key) < 16 {
		return a, errors.New("the hash cannot be read")
	}
	return a, nil
}
