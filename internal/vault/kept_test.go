//go:build unix

package vault

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// keeping returns the secrets of a new process that keeps keys in dir.
func keeping(t *testing.T, dir string, pairs ...string) *Secrets {
	t.Helper()
	s := secrets(t, pairs...)
	s.KeepKeys(dir)
	return s
}

func save(t *testing.T, s *Secrets) {
	t.Helper()
	if err := s.SaveKeys(); err != nil {
		t.Fatal(err)
	}
}

// wasKept reports that the keys of a vault came from an earlier process; it opens the vault.
func wasKept(t *testing.T, s *Secrets, text string) bool {
	t.Helper()
	if _, err := s.Decrypt(text); err != nil {
		t.Fatal(err)
	}
	e, err := parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(s.candidates(e.id), func(c secret) bool {
		v, ok := s.cache.entries.Load(cacheKey{string(e.salt), string(c.password)})
		return ok && v.(*cacheEntry).keys.kept
	})
}

// keyFiles are the files of keys in a folder.
func keyFiles(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, e := range entries {
		if e.Name() != saltFile && e.Name() != lockFile {
			files = append(files, filepath.Join(dir, e.Name()))
		}
	}
	return files
}

func TestKeysOutlastTheProcess(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cache", "keys")
	first := keeping(t, dir, "", "correct horse", "dev", "other")
	if wasKept(t, first, read(t, "v_default")) {
		t.Error("keys were found where none were kept")
	}
	save(t, first)
	for _, path := range append(keyFiles(t, dir), dir, filepath.Join(dir, saltFile), filepath.Join(dir, lockFile)) {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	second := keeping(t, dir, "", "correct horse")
	if !wasKept(t, second, read(t, "v_default")) {
		t.Error("keys were derived again")
	}
	if wasKept(t, second, read(t, "v_prod")) {
		t.Error("keys of another vault were found")
	}
	save(t, second)
	third := keeping(t, dir, "dev", "other", "", "correct horse")
	for _, name := range []string{"v_default", "v_prod"} {
		if !wasKept(t, third, read(t, name)) {
			t.Errorf("%s: the second process's keys or the first's are lost", name)
		}
	}
	e, _ := parse(read(t, "v_prod"))
	if _, derived := third.cache.entries.Load(cacheKey{string(e.salt), "other"}); derived {
		t.Error("a password was tried though another one's keys were kept")
	}
}

func TestNothingIsKeptInClear(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	s := keeping(t, dir, "", "correct horse")
	text := read(t, "v_default")
	plain, err := s.Decrypt(text)
	if err != nil {
		t.Fatal(err)
	}
	save(t, s)
	e, _ := parse(text)
	k := deriveKeys([]byte("correct horse"), e.salt)
	for _, file := range append(keyFiles(t, dir), filepath.Join(dir, saltFile), filepath.Join(dir, lockFile)) {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		content = append(content, file...)
		for what, secret := range map[string][]byte{"the password": []byte("correct horse"), "the text": []byte(plain),
			"the cipher's key": k.encrypt, "the MAC's key": k.mac, "the counter": k.iv, "the salt": e.salt} {
			for _, form := range []string{string(secret), hex.EncodeToString(secret), base64.StdEncoding.EncodeToString(secret)} {
				if bytes.Contains(content, []byte(form)) {
					t.Errorf("%s holds %s", file, what)
				}
			}
		}
	}
}

func TestOnlyFittingKeysAreKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	s := keeping(t, dir, "", "wrong")
	if _, err := s.Decrypt(read(t, "v_default")); !errors.Is(err, ErrNoMatch) {
		t.Fatal(err)
	}
	save(t, s)
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("something was kept: %v", err)
	}
}

func TestNoKeysAreKeptUnasked(t *testing.T) {
	s := keeping(t, "", "", "correct horse")
	wasKept(t, s, read(t, "v_default"))
	save(t, s)
	if len(s.cache.kept.passwords) > 0 {
		t.Error("keys were noted")
	}
}

// TestDamagedKeysAreIgnored breaks the folder in ways that must cost time and nothing else.
func TestDamagedKeysAreIgnored(t *testing.T) {
	for name, damage := range map[string]func(dir, file string) error{
		"a changed bit": func(_, file string) error {
			b, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			b[len(b)-20] ^= 1
			return os.WriteFile(file, b, 0o600)
		},
		"cut off":         func(_, file string) error { return os.Truncate(file, 40) },
		"empty":           func(_, file string) error { return os.Truncate(file, 0) },
		"open to others":  func(_, file string) error { return os.Chmod(file, 0o644) },
		"a folder":        func(_, file string) error { return errors.Join(os.Remove(file), os.Mkdir(file, 0o700)) },
		"another salt":    func(dir, _ string) error { return os.WriteFile(filepath.Join(dir, saltFile), make([]byte, 32), 0o600) },
		"no salt":         func(dir, _ string) error { return os.Remove(filepath.Join(dir, saltFile)) },
		"a short salt":    func(dir, _ string) error { return os.Truncate(filepath.Join(dir, saltFile), 3) },
		"an open folder":  func(dir, _ string) error { return os.Chmod(dir, 0o755) },
		"a link to files": func(_, file string) error { return errors.Join(os.Rename(file, file+"x"), os.Symlink(file+"x", file)) },
	} {
		dir := filepath.Join(t.TempDir(), "keys")
		s := keeping(t, dir, "", "correct horse")
		wasKept(t, s, read(t, "v_default"))
		save(t, s)
		if err := damage(dir, keyFiles(t, dir)[0]); err != nil {
			t.Fatal(err)
		}
		s = keeping(t, dir, "", "correct horse")
		if wasKept(t, s, read(t, "v_default")) {
			t.Errorf("%s: the keys were used", name)
		}
		_ = s.SaveKeys() // may fail where the folder is refused
	}
}

// TestWrongKeysAreDerivedAgain forges a file, which needs the password.
func TestWrongKeysAreDerivedAgain(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	e, _ := parse(read(t, "v_default"))
	folder, err := openKeptFolder(dir, true)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.close()
	salt, err := folder.ensureSalt()
	if err != nil {
		t.Fatal(err)
	}
	forger, err := newSealer([]byte("correct horse"), salt)
	if err != nil {
		t.Fatal(err)
	}
	wrong := keptKey{string(e.salt), keys{encrypt: make([]byte, keySize), mac: make([]byte, keySize), iv: make([]byte, ivSize)}}
	if err := folder.replace(forger.file, forger.seal([]keptKey{wrong})); err != nil {
		t.Fatal(err)
	}
	s := keeping(t, dir, "", "correct horse")
	if got, err := s.Decrypt(read(t, "v_default")); err != nil || got != read(t, "plain") {
		t.Errorf("%q, %v", got, err)
	}
	save(t, s)
	if !wasKept(t, keeping(t, dir, "", "correct horse"), read(t, "v_default")) {
		t.Error("the right keys did not replace the wrong ones")
	}
}

func TestProcessesKeepKeysSideBySide(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	const processes = 4
	texts := make([]string, processes)
	var wg sync.WaitGroup
	for i := range processes {
		text, err := secrets(t, "", "pw").EncryptWithSalt("text", "", fmt.Append(nil, "salt", i))
		if err != nil {
			t.Fatal(err)
		}
		texts[i] = text
		s := keeping(t, dir, "", "pw")
		wg.Go(func() {
			_, err := s.Decrypt(text)
			if err != nil {
				t.Error(err)
			}
			for err = s.SaveKeys(); errors.Is(err, errBusy); err = s.SaveKeys() { // on a very busy machine
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	s := keeping(t, dir, "", "pw")
	for i, text := range texts {
		if !wasKept(t, s, text) {
			t.Errorf("the keys of process %d are lost", i)
		}
	}
}

func TestOldKeysGo(t *testing.T) {
	key := func(salts ...string) (list []keptKey) {
		for _, s := range salts {
			list = append(list, keptKey{salt: s})
		}
		return list
	}
	var got []string
	for _, k := range mergeKept(key("d", "b"), key("a", "b", "c"), 3) {
		got = append(got, k.salt)
	}
	if strings.Join(got, "") != "dba" {
		t.Errorf("kept %q", got)
	}
	dir := filepath.Join(t.TempDir(), "keys")
	old := filepath.Join(dir, "0123")
	s := keeping(t, dir, "", "correct horse")
	wasKept(t, s, read(t, "v_default"))
	save(t, s)
	file, long := keyFiles(t, dir)[0], time.Now().Add(-2*keptIdle)
	if err := errors.Join(os.WriteFile(old, nil, 0o600), os.Chtimes(old, long, long), os.Chtimes(file, long, long)); err != nil {
		t.Fatal(err)
	}
	s = keeping(t, dir, "", "correct horse")
	wasKept(t, s, read(t, "v_default"))
	save(t, s) // in use again
	s = keeping(t, dir, "", "correct horse")
	wasKept(t, s, read(t, "v_prod"))
	save(t, s)
	if got := keyFiles(t, dir); !slices.Equal(got, []string{file}) {
		t.Errorf("left: %q", got)
	}
}

func FuzzKept(f *testing.F) {
	s, err := newSealer([]byte("pw"), []byte("salt"))
	if err != nil {
		f.Fatal(err)
	}
	one := []keptKey{{"salt", keys{encrypt: make([]byte, keySize), mac: make([]byte, keySize), iv: make([]byte, ivSize)}}}
	f.Add(writeKept(one))
	f.Add(s.seal(one))
	f.Add([]byte{0})
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := s.open(b); err != nil && !errors.Is(err, errKept) {
			t.Errorf("error of another kind: %v", err)
		}
		list, err := readKept(b)
		if err == nil && !bytes.Equal(writeKept(list), b) {
			t.Error("writing and reading again differs")
		}
	})
}
