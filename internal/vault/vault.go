// Package vault reads and writes Ansible's encrypted files and values (vault formats 1.1 and 1.2, AES256).
//
// What it writes, ansible-vault reads, and the other way round. No error of this package contains a password or
// decrypted text.
package vault

import (
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// The kinds of errors that need a person.
var (
	ErrNoSecrets = errors.New("Attempting to decrypt but no vault secrets found")                   //nolint:staticcheck // Ansible's words
	ErrNoMatch   = errors.New("Decryption failed (no vault secrets were found that could decrypt)") //nolint:staticcheck // Ansible's words
	ErrEmpty     = errors.New("the vault password is empty")
)

// Secrets are the passwords of a run, each with a label (vault id). The zero value has none. It is safe for
// concurrent use.
type Secrets struct {
	mu        sync.RWMutex
	list      []secret
	onlyMatch bool
	salt      []byte // of new vaults; empty for random ones
	cache     keyCache
}

type secret struct {
	id       string
	password []byte
}

// Add appends a password. Several passwords may share a label; the first one added is used to encrypt.
func (s *Secrets) Add(id string, password []byte) error {
	if len(password) == 0 {
		return ErrEmpty
	}
	if id == "" {
		id = DefaultID
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, secret{id, slices.Clone(password)})
	return nil
}

// Each calls f with every password.
func (s *Secrets) Each(f func(password string)) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, x := range s.list {
		f(string(x.password))
	}
}

// RequireMatch makes Decrypt try only passwords whose label is the vault's (Ansible's vault_id_match).
func (s *Secrets) RequireMatch(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onlyMatch = on
}

// KeepKeys makes derived keys outlast the process, sealed, in a folder of this user's: they are looked up there, and SaveKeys
// writes them. "" keeps none, as do platforms that cannot tell whose a file is. It is called before any vault is opened.
func (s *Secrets) KeepKeys(dir string) {
	if keepable {
		s.cache.kept.dir = dir
	}
}

// SaveKeys writes the keys that opened a vault and are not kept yet. Nothing is lost by its errors but time.
func (s *Secrets) SaveKeys() error { return s.cache.kept.save(time.Now()) }

// IDs returns the labels in the order of Add.
func (s *Secrets) IDs() []string {
	if s == nil {
		return nil
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	ids := make([]string, len(s.list))
	for i, x := range s.list {
		ids[i] = x.id
	}
	return ids
}

// Decrypt opens a vault. The password with the vault's own label is tried first, then the others in order.
// The errors are ErrFormat, ErrNoSecrets or ErrNoMatch, wrapped with the vault's label.
func (s *Secrets) Decrypt(text string) (string, error) {
	e, err := parse(text)
	if err != nil {
		return "", err
	}
	_, plain, err := s.open(e)
	return plain, err
}

// Reseal makes a vault of plain with the password that opens old, and with old's label.
func (s *Secrets) Reseal(old, plain string) (string, error) {
	e, err := parse(old)
	if err != nil {
		return "", err
	}
	used, _, err := s.open(e)
	if err != nil {
		return "", err
	}
	salt, err := s.newSalt()
	if err != nil {
		return "", err
	}
	return s.sealWith(used, plain, e.id, salt)
}

// open tries the passwords on a vault and returns the one that fits.
func (s *Secrets) open(e *envelope) (secret, string, error) {
	candidates := s.candidates(e.id)
	if len(candidates) == 0 && len(s.IDs()) == 0 {
		return secret{}, "", fmt.Errorf("%w%s", ErrNoSecrets, labelled(e.id))
	}
	for _, c := range s.cache.likeliest(candidates, e.salt) {
		plain, err := s.cache.open(c, e)
		if errors.Is(err, errMAC) {
			continue
		}
		if err != nil {
			return secret{}, "", err
		}
		return c, string(plain), nil
	}
	return secret{}, "", fmt.Errorf("%w%s", ErrNoMatch, labelled(e.id))
}

func labelled(id string) string {
	if id == "" {
		return ""
	}
	return fmt.Sprintf(" (its vault id is %q)", id)
}

// candidates orders the passwords for a vault with the given label.
func (s *Secrets) candidates(id string) []secret {
	if s == nil {
		return nil
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if id == "" {
		id = DefaultID
	}
	var same, others []secret
	for _, x := range s.list {
		if x.id == id {
			same = append(same, x)
		} else {
			others = append(others, x)
		}
	}
	if s.onlyMatch {
		return same
	}
	return append(same, others...)
}

// Encrypt makes a vault of plain with the first password labelled id, or the first of all when id is empty.
// The label is written into the header when it was asked for and is not the default one.
func (s *Secrets) Encrypt(plain, id string) (string, error) {
	salt, err := s.newSalt()
	if err != nil {
		return "", err
	}
	return s.EncryptWithSalt(plain, id, salt)
}

// UseSalt makes all new vaults with one salt, so that the same text and password make the same vault. "" is a random one for each.
func (s *Secrets) UseSalt(salt string) { s.salt = []byte(salt) }

func (s *Secrets) newSalt() ([]byte, error) {
	if len(s.salt) > 0 {
		return s.salt, nil
	}
	salt := make([]byte, 32)
	if _, err := rand.Read(salt); err != nil {
		return nil, fmt.Errorf("reading random bytes: %w", err)
	}
	return salt, nil
}

// EncryptWithSalt is Encrypt with a salt of the caller's, which makes the same vault every time.
func (s *Secrets) EncryptWithSalt(plain, id string, salt []byte) (string, error) {
	if IsEncrypted([]byte(plain)) {
		return "", errors.New("it is encrypted already")
	}
	if strings.ContainsAny(id, ";\n\r") {
		return "", fmt.Errorf("vault id %q: semicolons and line ends cannot be written into a vault", id)
	}
	chosen, err := s.encrypter(id)
	if err != nil {
		return "", err
	}
	return s.sealWith(chosen, plain, id, salt)
}

func orDefault(id string) string {
	if id == "" {
		return DefaultID
	}
	return id
}

func (s *Secrets) sealWith(chosen secret, plain, id string, salt []byte) (string, error) {
	k := s.cache.derive(chosen.password, salt)
	e := &envelope{id: id, salt: salt}
	var err error
	if e.ciphertext, e.mac, err = k.seal([]byte(plain)); err != nil {
		return "", err
	}
	return e.format(), nil
}

func (s *Secrets) encrypter(id string) (secret, error) {
	if len(s.IDs()) == 0 {
		return secret{}, errors.New("no vault password was given to encrypt with")
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, x := range s.list {
		if id == "" || x.id == id {
			return x, nil
		}
	}
	known := make([]string, len(s.list))
	for i, x := range s.list {
		known[i] = "'" + orDefault(x.id) + "'"
	}
	return secret{}, fmt.Errorf("Did not find a match for --encrypt-vault-id=%s in the known vault-ids [%s]", orDefault(id), strings.Join(known, ", ")) //nolint:staticcheck // Ansible's words
}
