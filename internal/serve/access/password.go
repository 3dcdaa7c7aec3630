// Package access says who somebody is and what they may do: passwords, tokens and sessions.
package access

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

// Verify reports whether a password fits a hash of argon2id or bcrypt. The error is a hash that cannot be read.
func Verify(hash, password string) (bool, error) {
	if strings.HasPrefix(hash, "$2") {
		err := bcrypt.CompareHashAndPassword([]byte(hash), []byte(password))
		if errors.Is(err, bcrypt.ErrMismatchedHashAndPassword) || errors.Is(err, bcrypt.ErrPasswordTooLong) {
			return false, nil
		}
		return err == nil, err
	}
	parts := strings.Split(hash, "$")
	var version int
	var m, t uint32
	var p uint8
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, errors.New("the hash is neither argon2id nor bcrypt")
	}
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return false, fmt.Errorf("the hash has the unknown version %q", parts[2])
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &m, &t, &p); err != nil || m > 1<<21 || t == 0 || t > 100 || p == 0 {
		return false, fmt.Errorf("the hash has wrong parameters %q", parts[3])
	}
	salt, errS := base64.RawStdEncoding.DecodeString(parts[4])
	key, errK := base64.RawStdEncoding.DecodeString(parts[5])
	if err := errors.Join(errS, errK); err != nil || len(key) < 16 {
		return false, errors.New("the hash cannot be read")
	}
	got := argon2.IDKey([]byte(password), salt, t, m, p, uint32(len(key)))
	return subtle.ConstantTimeCompare(got, key) == 1, nil
}
