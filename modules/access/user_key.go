package access

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/musterhq/muster/internal/shlex"
	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// keyFacts is what a result tells of an SSH key.
type keyFacts struct{ fingerprint, public string }

func (p UserParams) keyFile(home string) string {
	file := path.Join(".ssh", "id_"+p.SSHKeyType)
	if p.SSHKeyFile != nil {
		file = *p.SSHKeyFile
	}
	if path.IsAbs(file) {
		return file
	}
	return path.Join(home, file)
}

// readKey looks at the user's key. One of the two files is enough to call the key there.
func (s *UserState) readKey(ctx context.Context, r sys.Reader, p UserParams, home string) {
	file := p.keyFile(home)
	public, err := r.ReadFile(file + ".pub")
	if err == nil {
		s.key.public = strings.TrimSpace(string(public))
	}
	private, privateErr := r.ReadFile(file)
	if err == nil || privateErr == nil {
		sum := sha256.Sum256(append(append([]byte{}, private...), public...))
		s.Key = hex.EncodeToString(sum[:])
	}
	if privateErr != nil {
		s.key.fingerprint = fmt.Sprintf("SSH Key file %s does not exist", file)
		return
	}
	if out, err := r.Query(ctx, sys.Command{Argv: []string{"ssh-keygen", "-l", "-f", file}}); err == nil {
		s.key.fingerprint = strings.TrimSpace(string(out.Stdout))
		if out.Code != 0 {
			s.key.fingerprint = strings.TrimSpace(string(out.Stderr))
		}
	}
}

// generateKey makes a new key that belongs to the user.
func (u userChange) generateKey(ctx context.Context, s sys.System, account UserState) error {
	home := account.Home
	if u.Home != nil {
		home = *u.Home
	}
	file := u.keyFile(home)
	if err := u.makeKeyFolder(s, home, path.Dir(file), account); err != nil {
		return err
	}
	for _, old := range []string{file, file + ".pub"} {
		if _, err := s.Lstat(old); err == nil && !u.Force { // it lay in the home of an account that is new
			modules.Warn(ctx, "Found existing ssh key file \"%s\", no force, so skipping ssh-keygen generation", old)
			return nil
		}
		if err := s.Remove(old); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("overwrite ssh key: %w", err)
		}
	}
	if err := u.keygen(ctx, s, file); err != nil {
		return err
	}
	for _, made := range []string{file, file + ".pub"} {
		if err := s.Lchown(made, account.UID, account.GID); err != nil {
			return fmt.Errorf("ssh key: %w", err)
		}
	}
	return nil
}

func (u userChange) makeKeyFolder(s sys.System, home, dir string, account UserState) error {
	if _, err := s.Stat(home); err != nil && !(u.SSHKeyFile != nil && path.IsAbs(*u.SSHKeyFile)) {
		return modules.Fail(modules.Result{"name": u.Name, "rc": 1}, "User %s home directory does not exist", u.Name)
	}
	if _, err := s.Stat(dir); err == nil {
		return nil
	}
	if err := s.Mkdir(dir, 0o700); err != nil {
		return modules.Fail(modules.Result{"name": u.Name, "rc": 1}, "Failed to create %s: %v", dir, err)
	}
	return s.Lchown(dir, account.UID, account.GID)
}

// keygen runs ssh-keygen. A passphrase reaches it through a private file that a helper script prints: neither a
// command line nor an environment holds it.
func (u userChange) keygen(ctx context.Context, s sys.System, file string) error {
	c := sys.Command{Argv: []string{"ssh-keygen", "-q", "-t", u.SSHKeyType}}
	if u.SSHKeyBits > 0 {
		c.Argv = append(c.Argv, "-b", strconv.Itoa(u.SSHKeyBits))
	}
	c.Argv = append(c.Argv, "-C", u.keyComment(s), "-f", file)
	if u.SSHKeyPassphrase == nil || *u.SSHKeyPassphrase == "" {
		c.Argv = append(c.Argv, "-N", "")
		return program(ctx, s, u.failure(), nil, c)
	}
	dir, err := s.TempDir("", "muster-key-")
	if err != nil {
		return fmt.Errorf("ssh key: %w", err)
	}
	defer func() { _ = s.RemoveAll(dir) }()
	ask, secret := path.Join(dir, "ask"), path.Join(dir, "secret")
	private := sys.WriteOptions{Perm: 0o600, UID: -1, GID: -1}
	if err := s.WriteFile(secret, strings.NewReader(*u.SSHKeyPassphrase+"\n"), private); err != nil {
		return fmt.Errorf("ssh key: %w", err)
	}
	script := "#!/bin/sh\nexec cat " + shlex.Quote(secret) + "\n"
	if err := s.WriteFile(ask, strings.NewReader(script), sys.WriteOptions{Perm: 0o700, UID: -1, GID: -1}); err != nil {
		return fmt.Errorf("ssh key: %w", err)
	}
	c.Env = map[string]string{"SSH_ASKPASS": ask, "SSH_ASKPASS_REQUIRE": "force", "DISPLAY": "none"}
	return program(ctx, s, u.failure(), nil, c)
}

func (u userChange) keyComment(r sys.Reader) string {
	if u.SSHKeyComment != nil {
		return *u.SSHKeyComment
	}
	return "ansible-generated on " + currentHostname(r)
}

// removeKey takes back a key that a task made, and its folder if nothing else is in it.
func removeKey(s sys.System, p UserParams, home string) error {
	if p.Home != nil {
		home = *p.Home
	}
	file := p.keyFile(home)
	for _, made := range []string{file, file + ".pub"} {
		if err := s.Remove(made); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove ssh key: %w", err)
		}
	}
	if entries, err := s.ReadDir(path.Dir(file)); err == nil && len(entries) == 0 && path.Base(path.Dir(file)) == ".ssh" {
		return s.Remove(path.Dir(file))
	}
	return nil
}
