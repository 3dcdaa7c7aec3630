package databases

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5" //nolint:gosec // what older servers store
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// What a server stores of a password.
var (
	pgSCRAM = regexp.MustCompile(`^SCRAM-SHA-256\$(\d{1,9}):([A-Za-z0-9+/=]+)\$([A-Za-z0-9+/=]+):([A-Za-z0-9+/=]+)$`)
	pgMD5   = regexp.MustCompile(`^md5[0-9a-f]{32}$`)
)

// scramRounds is how often a server hashes that does not say otherwise.
const (
	scramRounds = 4096
	scramSalt   = 16
)

// isVerifier says whether a password is what a server stores, so that it is taken as it is.
func isVerifier(password string) bool {
	return pgSCRAM.MatchString(password) || pgMD5.MatchString(password)
}

// verifies says whether a password is the one of which the server stores this; "" is no password.
func verifies(stored, role, password string) bool {
	if password == "" || stored == "" || isVerifier(password) {
		return stored == password
	}
	if m := pgSCRAM.FindStringSubmatch(stored); m != nil {
		rounds, _ := strconv.Atoi(m[1])
		salt, err := base64.StdEncoding.DecodeString(m[2])
		if err != nil || rounds < 1 {
			return false
		}
		made, err := scramVerifier(password, salt, rounds)
		return err == nil && subtle.ConstantTimeCompare([]byte(made), []byte(stored)) == 1
	}
	if pgMD5.MatchString(stored) {
		return subtle.ConstantTimeCompare([]byte(md5Verifier(role, password)), []byte(stored)) == 1
	}
	return subtle.ConstantTimeCompare([]byte(password), []byte(stored)) == 1 // servers before 10 can store it as it is
}

// newVerifier is what is to be stored of a password under a server's password_encryption, so that the password itself
// never gets into a statement, which servers may log.
func newVerifier(encryption, role, password string, rounds int) (string, error) {
	if isVerifier(password) {
		return password, nil
	}
	if encryption != "scram-sha-256" {
		return md5Verifier(role, password), nil
	}
	salt := make([]byte, scramSalt)
	if _, err := rand.Read(salt); err != nil {
		return "", err
	}
	return scramVerifier(password, salt, rounds)
}

func md5Verifier(role, password string) string {
	sum := md5.Sum([]byte(password + role)) //nolint:gosec // the server's format
	return "md5" + hex.EncodeToString(sum[:])
}

// scramVerifier is the verifier of RFC 5803 for SCRAM-SHA-256 (RFC 7677).
func scramVerifier(password string, salt []byte, rounds int) (string, error) {
	salted, err := pbkdf2.Key(sha256.New, prepared(password), salt, rounds, sha256.Size)
	if err != nil {
		return "", err
	}
	mac := func(text string) []byte {
		h := hmac.New(sha256.New, salted)
		h.Write([]byte(text))
		return h.Sum(nil)
	}
	stored := sha256.Sum256(mac("Client Key"))
	b64 := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("SCRAM-SHA-256$%d:%s$%s:%s", rounds, b64(salt), b64(stored[:]), b64(mac("Server Key"))), nil
}

// prepared is a password as SASLprep (RFC 4013) makes it. Like the server, it takes one that SASLprep refuses as it is.
func prepared(password string) string {
	if !strings.ContainsFunc(password, func(r rune) bool { return r > unicode.MaxASCII }) {
		return password
	}
	if bytes.ContainsRune([]byte(password), unicode.ReplacementChar) {
		return password
	}
	mapped := strings.Map(func(r rune) rune {
		switch {
		case r > unicode.MaxASCII && unicode.Is(unicode.Zs, r), r == '\u200b':
			return ' '
		case r == '\u00ad', r == '\u034f', r == '\u1806', r >= '\u180b' && r <= '\u180d', r == '\u200c', r == '\u200d',
			r == '\u2060', r >= '\ufe00' && r <= '\ufe0f', r == '\ufeff':
			return -1
		}
		return r
	}, password)
	out := norm.NFKC.String(mapped)
	if out == "" || strings.ContainsFunc(out, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Co, r) }) {
		return password
	}
	return out
}
