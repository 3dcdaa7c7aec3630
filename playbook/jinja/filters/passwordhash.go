package filters

import (
	"strconv"
	"strings"

	"github.com/GehirnInc/crypt"
	"github.com/GehirnInc/crypt/apr1_crypt"
	"github.com/GehirnInc/crypt/md5_crypt"
	"github.com/GehirnInc/crypt/sha256_crypt"
	"github.com/GehirnInc/crypt/sha512_crypt"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/internal/value/pyrandom"
)

// scheme is one way to hash passwords, with the limits and defaults that Ansible gives it.
type scheme struct {
	prefix      string
	salt        int // the usual length of the salt
	exact       bool
	rounds      int // used when none are asked for; 0 when the scheme has none
	least, most int
	plainRounds int // rounds that the hash does not spell out
	engine      func() crypt.Crypter
}

func schemeFor(name string) (scheme, bool) {
	switch name {
	case "md5", "md5_crypt":
		return scheme{prefix: "$1$", salt: 8, engine: md5_crypt.New}, true
	case "apr_md5_crypt":
		return scheme{prefix: "$apr1$", salt: 8, engine: apr1_crypt.New}, true
	case "sha256", "sha256_crypt":
		return scheme{prefix: "$5$", salt: 16, rounds: 535000, least: 1000, most: 999999999, plainRounds: 5000, engine: sha256_crypt.New}, true
	case "sha512", "sha512_crypt":
		return scheme{prefix: "$6$", salt: 16, rounds: 656000, least: 1000, most: 999999999, plainRounds: 5000, engine: sha512_crypt.New}, true
	case "blowfish", "bcrypt":
		return scheme{prefix: "$2b$", salt: 22, exact: true, rounds: 12, least: 4, most: 31}, true
	}
	return scheme{}, false
}

const saltAlphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// PasswordHash hashes a password as Ansible's password_hash does. An empty salt is a random one of saltSize characters,
// zero rounds are Ansible's default ones, ident is the version of bcrypt's format.
func PasswordHash(password, hashType, salt string, saltSize, rounds int, ident string) (string, error) {
	s, ok := schemeFor(hashType)
	if !ok {
		return "", errorf("password_hash does not support '%s' algorithm: use md5, sha256, sha512 or blowfish", hashType)
	}
	salt, err := s.salted(salt, saltSize)
	if err != nil {
		return "", err
	}
	if rounds == 0 {
		rounds = s.rounds
	}
	if rounds != 0 && (rounds < s.least || rounds > s.most) {
		return "", errorf("Could not hash the secret. rounds must be between %d and %d", s.least, s.most)
	}
	if s.engine == nil {
		return bcryptHash(password, salt, rounds, ident)
	}
	setting := s.prefix
	if rounds != 0 && rounds != s.plainRounds {
		setting += "rounds=" + strconv.Itoa(rounds) + "$"
	}
	if strings.ContainsRune(password, 0) {
		return "", errorf("Could not hash the secret. The password contains a null character")
	}
	return s.engine().Generate([]byte(password), []byte(setting+salt))
}

func (s scheme) salted(salt string, size int) (string, error) {
	if salt == "" {
		if size == 0 {
			size = s.salt
		}
		if size < 0 || size > s.salt || s.exact && size != s.salt {
			return "", errorf("Could not hash the secret. The salt has at most %d characters", s.salt)
		}
		r := pyrandom.System()
		b := make([]byte, size)
		for i := range b {
			b[i] = saltAlphabet[r.Below(len(saltAlphabet))]
		}
		return string(b), nil
	}
	if strings.Trim(salt, saltAlphabet) != "" {
		return "", errorf("Could not hash the secret. The salt has characters other than letters, digits, . and /")
	}
	if len(salt) > s.salt || s.exact && len(salt) != s.salt {
		return "", errorf("Could not hash the secret. The salt has %d characters, but %d are the limit", len(salt), s.salt)
	}
	return salt, nil
}

func passwordHash(_ Env, a *value.Args) (any, error) {
	number := func(name string) int {
		v := a.Any(name)
		if s, ok := v.(string); ok {
			n, err := strconv.Atoi(s)
			if err == nil {
				return n
			}
		}
		if v == nil {
			return 0
		}
		return a.Int(name)
	}
	text := func(name string) string {
		if a.Any(name) == nil {
			return ""
		}
		return a.Str(name)
	}
	saltSize, rounds, salt, ident := number("salt_size"), number("rounds"), text("salt"), text("ident")
	if a.Err() != nil {
		return nil, a.Err()
	}
	password, ok := a.Any("password").(string)
	if !ok {
		return nil, &value.TypeError{Message: "secret must be unicode or bytes, not " + value.TypeName(a.Any("password"))}
	}
	return PasswordHash(password, a.Str("hashtype"), salt, saltSize, rounds, ident)
}
