package lookup

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/internal/value/pyrandom"
	"github.com/musterhq/muster/playbook/jinja/filters"
)

const (
	letters     = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits      = "0123456789"
	punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
)

// passwordOptions are the options of one term.
type passwordOptions struct {
	path           string
	length         int
	encrypt, ident string
	chars          string
	seed           any
}

func password(c *call) ([]any, error) {
	out := []any{}
	for _, t := range c.terms {
		o, err := c.passwordOptions(value.Str(t))
		if err != nil {
			return nil, err
		}
		secret, err := o.secret(c.ctx)
		if err != nil {
			return nil, err
		}
		out = append(out, secret)
	}
	return out, nil
}

// passwordOptions reads "path key=value ..."; the options of the call are the defaults.
func (c *call) passwordOptions(term string) (passwordOptions, error) {
	text := map[string]any{"length": c.Any("length"), "encrypt": c.Any("encrypt"), "ident": c.Any("ident"), "chars": c.Any("chars"), "seed": c.Any("seed")}
	path, options, _ := strings.Cut(term, " ")
	if options != "" {
		raw, pairs, err := keyValues(options)
		if err != nil {
			return passwordOptions{}, err
		}
		if raw != "" {
			path += " " + raw
			if !strings.HasPrefix(term, path) {
				return passwordOptions{}, errorf("Unrecognized value after key=value parameters given to password lookup")
			}
		}
		for _, p := range pairs {
			if _, ok := text[p[0]]; !ok {
				return passwordOptions{}, errorf("Unrecognized parameter(s) given to password lookup: %s", p[0])
			}
			text[p[0]] = p[1]
		}
	}
	o := passwordOptions{path: c.absolute(path), seed: text["seed"]}
	length, ok := value.ParseInt(value.Str(text["length"]), 10)
	if o.length, _ = length.(int); !ok || o.length < 1 || o.length > 1<<20 {
		return o, errorf("password: length must be a positive number, not %s", value.Str(text["length"]))
	}
	if text["encrypt"] != nil {
		o.encrypt = value.Str(text["encrypt"])
	}
	if text["ident"] != nil {
		o.ident = value.Str(text["ident"])
	}
	o.chars = candidateChars(text["chars"])
	if o.chars == "" {
		return o, errorf("password: there are no characters to choose from")
	}
	return o, nil
}

func (c *call) absolute(path string) string {
	if home, err := os.UserHomeDir(); err == nil && strings.HasPrefix(path, "~/") {
		return filepath.Join(home, path[2:])
	}
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(c.env.BaseDir(), path)
}

// candidateChars joins the sets of characters; some have names. Quotes are left out.
func candidateChars(v any) string {
	specs, isList := listItems(v)
	if s, ok := v.(string); ok && !isList {
		if strings.Contains(s, ",,") {
			specs = append(specs, ",")
		}
		for part := range strings.SplitSeq(strings.ReplaceAll(s, ",,", ","), ",") {
			if part != "" {
				specs = append(specs, part)
			}
		}
	}
	var b strings.Builder
	for _, spec := range specs {
		switch s := value.Str(spec); s {
		case "ascii_letters":
			b.WriteString(letters)
		case "ascii_lowercase":
			b.WriteString(letters[:26])
		case "ascii_uppercase":
			b.WriteString(letters[26:])
		case "digits":
			b.WriteString(digits)
		case "hexdigits":
			b.WriteString(digits + "abcdefABCDEF")
		case "octdigits":
			b.WriteString("01234567")
		case "punctuation":
			b.WriteString(punctuation)
		case "whitespace":
			b.WriteString(" \t\n\r\v\f")
		case "printable":
			b.WriteString(digits + letters + punctuation + " \t\n\r\v\f")
		default:
			b.WriteString(s)
		}
	}
	return strings.NewReplacer(`"`, "", "'", "").Replace(b.String())
}

func (o passwordOptions) random(chars string, length int, seed any) (string, error) {
	r, err := pyrandom.Seeded(seed)
	if err != nil {
		return "", err
	}
	set := []rune(chars)
	out := make([]rune, length)
	for i := range out {
		out[i] = set[r.Below(len(set))]
	}
	return string(out), nil
}

// secret returns the password of the file, or makes one and writes it there. /dev/null keeps nothing.
func (o passwordOptions) secret(ctx context.Context) (string, error) {
	keep := o.path != os.DevNull
	if keep {
		unlock, err := lock(ctx, o.path)
		if err != nil {
			return "", err
		}
		defer unlock()
	}
	plain, salt, stored, changed, err := o.load(keep)
	if err != nil {
		return "", err
	}
	if o.encrypt == "" {
		if changed && keep {
			err = save(o.path, plain, salt, "")
		}
		return plain, err
	}
	if salt == "" {
		changed = true
		if salt, err = o.random("./"+digits+letters, saltLength(o.encrypt), nil); err != nil {
			return "", err
		}
	}
	ident := stored
	switch {
	case ident == "":
		if ident = o.ident; ident == "" && isBcrypt(o.encrypt) {
			ident = "2b"
		}
		changed = changed || ident != ""
	case o.ident != "" && ident != o.ident:
		return "", errorf("The ident parameter provided (%s) does not match the stored one (%s).", o.ident, ident)
	}
	if changed && keep {
		if err := save(o.path, plain, salt, ident); err != nil {
			return "", err
		}
	}
	return filters.PasswordHash(plain, o.encrypt, salt, 0, 0, ident)
}

func isBcrypt(name string) bool { return name == "bcrypt" || name == "blowfish" }

func saltLength(encrypt string) int {
	switch encrypt {
	case "sha256_crypt", "sha512_crypt":
		return 16
	case "bcrypt":
		return 22
	}
	return 8
}

func (o passwordOptions) load(keep bool) (plain, salt, ident string, made bool, err error) {
	var content []byte
	if keep {
		content, err = os.ReadFile(o.path)
	}
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return "", "", "", false, fmt.Errorf("the password file cannot be read: %w", err)
	case err != nil || !keep:
		plain, err = o.random(o.chars, o.length, o.seed)
		return plain, "", "", true, err
	}
	plain = strings.TrimRight(string(content), " \t\n\r\v\f")
	if i := strings.LastIndex(plain, " salt="); i >= 0 {
		plain, salt = plain[:i], plain[i+len(" salt="):]
		if i := strings.LastIndex(salt, " ident="); i >= 0 {
			salt, ident = salt[:i], salt[i+len(" ident="):]
		}
	}
	return plain, salt, ident, false, nil
}

// save writes the file so that only its owner can read it, from its first byte on.
func save(path, plain, salt, ident string) error {
	if salt != "" {
		plain += " salt=" + salt
		if ident != "" {
			plain += " ident=" + ident
		}
	}
	temporary, err := os.CreateTemp(filepath.Dir(path), ".password-*") // made with mode 0600
	if err != nil {
		return fmt.Errorf("the password cannot be written: %w", err)
	}
	_, err = temporary.WriteString(plain + "\n")
	if closeErr := temporary.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(temporary.Name(), path)
	}
	if err != nil {
		_ = os.Remove(temporary.Name()) // the first error is the one to tell
		return fmt.Errorf("the password cannot be written: %w", err)
	}
	return nil
}

// lockWait is how long another process may hold the lock of a password file.
const lockWait = 7 * time.Second

// lock keeps others, Ansible's processes too, from making the same password at the same time.
func lock(ctx context.Context, path string) (unlock func(), err error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("the folder of the password cannot be made: %w", err)
	}
	sum := sha1.Sum([]byte(path))
	name := filepath.Join(dir, hex.EncodeToString(sum[:])+".ansible_lockfile")
	deadline := time.Now().Add(lockWait)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err == nil {
			f.Close()
			return func() { _ = os.Remove(name) }, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("the password file cannot be locked: %w", err)
		}
		if time.Now().After(deadline) {
			return nil, errorf("Password lookup cannot get the lock in 7 seconds, abort... "+
				"This may caused by un-removed lockfile; you can manually remove it from controller machine at %s and try again", name)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-tick.C:
		}
	}
}
