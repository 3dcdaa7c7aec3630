package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
)

func vaultCreate(ctx context.Context, j *vaultJob) error {
	name := j.args[0]
	if _, err := os.Stat(name); err == nil {
		return fmt.Errorf("%s exists, please use 'edit' instead", name)
	}
	if !j.s.tty && !j.o.skipTTYCheck {
		return fmt.Errorf("not a terminal, so no editor can be started; use 'encrypt', or --skip-tty-check")
	}
	text, err := j.editor(ctx, name, nil)
	if err != nil {
		return err
	}
	sealed, err := j.seal(string(text))
	if err != nil {
		return err
	}
	return replaceFile(name, sealed)
}

func vaultEdit(ctx context.Context, j *vaultJob) error {
	name := j.args[0]
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	plain, err := j.decrypt(data)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	changed, err := j.editor(ctx, name, plain)
	if err != nil || string(changed) == string(plain) {
		return err
	}
	sealed, err := j.reseal(string(data), string(changed))
	if err != nil {
		return err
	}
	return replaceFile(name, []byte(ensureNewline(sealed)))
}

// reseal encrypts what was edited: with the password that was asked for, or the one that the file has, whose label stays.
func (j *vaultJob) reseal(old, plain string) (string, error) {
	if id := orElse(j.o.encryptID, j.cfg.VaultEncryptIdentity); id != "" {
		return j.secrets.Encrypt(plain, id)
	}
	return j.secrets.Reseal(old, plain)
}

// editor lets the user edit text in a private file, which is overwritten and removed afterwards.
func (j *vaultJob) editor(ctx context.Context, name string, text []byte) (out []byte, err error) {
	dir, err := os.MkdirTemp("", "muster-vault-")
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, filepath.Base(name)) // the editor knows the syntax by the name
	defer func() {
		if st, serr := os.Stat(file); serr == nil {
			err = errors.Join(err, os.WriteFile(file, make([]byte, st.Size()), 0o600))
		}
		err = errors.Join(err, os.RemoveAll(dir))
	}()
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return nil, err
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGHUP) // what was decrypted is removed then, too
	defer stop()
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt) // those are the editor's
	defer signal.Stop(interrupts)
	words := strings.Fields(orElse(j.s.getenv("EDITOR"), "vi"))
	cmd := exec.CommandContext(ctx, words[0], append(words[1:], file)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.Env = j.s.in, j.s.out, j.s.err, j.s.env
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w", words[0], err)
	}
	return os.ReadFile(file)
}
