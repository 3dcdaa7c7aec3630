package main

import (
	"io"
	"path/filepath"

	"github.com/musterhq/muster/internal/secret"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/internal/yaml11"
)

// keysFolder is where the keys of vaults are kept between runs; "" is nowhere.
func (w *workbench) keysFolder() string {
	dir := w.io.getenv("XDG_CACHE_HOME")
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(w.io.getenv("HOME"), ".cache")
	}
	if !w.settings.VaultKeys || !filepath.IsAbs(dir) {
		return ""
	}
	return filepath.Join(dir, "muster", "vault")
}

// openValue decrypts a value that is encrypted in place, and makes it a secret of the run.
func (w *workbench) openValue(ciphertext string) (string, error) {
	plain, err := w.secrets.Decrypt(ciphertext)
	w.io.secrets.Add(plain)
	return plain, err
}

// openFile decrypts a file as a whole, and makes its values secrets of the run: those of variables one by one, other
// content line by line.
func (w *workbench) openFile(ciphertext string) (string, error) {
	plain, err := w.secrets.Decrypt(ciphertext)
	if err != nil {
		return "", err
	}
	v, err := yaml11.Load("", []byte(plain), yaml11.Untrusted)
	if _, isText := v.(string); err != nil || isText {
		w.io.secrets.AddFromFile(plain)
		return plain, nil //nolint:nilerr // whoever reads the file says what is wrong with it
	}
	addValues(w.io.secrets, v)
	return plain, nil
}

// addValues adds every text and every long number below a value.
func addValues(r *secret.Registry, v any) {
	switch x := v.(type) {
	case string:
		r.AddFromFile(x)
	case int:
		r.AddFromFile(value.Str(x))
	case *value.Dict:
		for _, item := range x.All() {
			addValues(r, item)
		}
	case *value.List:
		for _, item := range x.Items {
			addValues(r, item)
		}
	}
}

// hide masks the secrets of a text that the user sees, unless the settings say otherwise.
func (s *streams) hide(text string) string { return s.masking.Text(text) }

// maskedWriter masks what is written to a log.
type maskedWriter struct {
	w       io.Writer
	secrets *secret.Registry
}

// Write writes p without secrets.
func (m maskedWriter) Write(p []byte) (int, error) {
	if _, err := io.WriteString(m.w, m.secrets.Text(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}
