package filters

import (
	"encoding/base64"
	"fmt"

	"golang.org/x/crypto/blowfish"
)

// bcryptAlphabet is the base64 of bcrypt.
const bcryptAlphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// bcryptHash hashes with a given salt of 22 characters and 2**rounds steps.
func bcryptHash(password, salt string, rounds int, ident string) (string, error) {
	switch ident {
	case "":
		ident = "2b"
	case "2", "2a", "2b", "2y":
	default:
		return "", errorf("Could not hash the secret. invalid bcrypt ident: %q", ident)
	}
	encoding := base64.NewEncoding(bcryptAlphabet).WithPadding(base64.NoPadding)
	raw, err := encoding.DecodeString(salt)
	if err != nil {
		return "", errorf("Could not hash the secret. The salt is not bcrypt's base64")
	}
	key := []byte(password)
	if ident != "2" {
		key = append(key, 0)
	}
	if len(key) > 72 {
		key = key[:72]
	}
	if len(key) == 0 {
		return "", errorf("Could not hash the secret. The password is empty")
	}
	sum, err := bcryptRaw(key, raw, rounds)
	if err != nil {
		return "", fmt.Errorf("bcrypt: %w", err)
	}
	return fmt.Sprintf("$%s$%02d$%s%s", ident, rounds, encoding.EncodeToString(raw), encoding.EncodeToString(sum)), nil
}

// bcryptRaw runs the key schedule 2**cost times and encrypts bcrypt's text with it.
func bcryptRaw(key, salt []byte, cost int) ([]byte, error) {
	c, err := blowfish.NewSaltedCipher(key, salt)
	if err != nil {
		return nil, err
	}
	for range uint64(1) << cost {
		blowfish.ExpandKey(key, c)
		blowfish.ExpandKey(salt, c)
	}
	text := []byte("OrpheanBeholderScryDoubt")
	for i := 0; i < len(text); i += 8 {
		for range 64 {
			c.Encrypt(text[i:i+8], text[i:i+8])
		}
	}
	return text[:23], nil
}
