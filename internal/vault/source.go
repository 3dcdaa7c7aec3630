package vault

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Source says how LoadSecret reaches the world outside.
type Source struct {
	Ask    func(prompt string) (string, error) // asks a person without echo; nil when nobody can be asked
	New    bool                                // the password is for encrypting: a prompt asks twice
	Stderr io.Writer                           // where password scripts may talk to the user; nil discards
}

// The sources that are questions instead of files.
const (
	Prompt         = "prompt"                // asks "Vault password (label): "
	PromptUnnamed  = "prompt_ask_vault_pass" // asks "Vault password: "
	clientSuffix   = "-client"
	clientUnknown  = 2 // the exit code of a client script that has no password for the label
	maxSecretBytes = 1 << 20
)

// SplitSpec splits "label@source"; without an @ the whole text is the source and the label is empty.
func SplitSpec(spec string) (id, source string) {
	if id, source, ok := strings.Cut(spec, "@"); ok {
		return id, source
	}
	return "", spec
}

// LoadSecret adds the password that a --vault-id value names: a file (which may itself be a vault that an earlier
// password opens), an executable script that prints it (one named *-client is told the label), or a prompt.
func (s *Secrets) LoadSecret(ctx context.Context, spec string, from Source) error {
	id, source := SplitSpec(spec)
	var password []byte
	var err error
	switch source {
	case Prompt, PromptUnnamed:
		password, err = from.ask(id, source)
	default:
		password, err = s.readPassword(ctx, source, id, from)
	}
	if err != nil {
		return fmt.Errorf("vault password from %s: %w", source, err)
	}
	if err := s.Add(id, password); err != nil {
		return fmt.Errorf("vault password from %s: %w", source, err)
	}
	return nil
}

func (f Source) ask(id, source string) ([]byte, error) {
	if f.Ask == nil {
		return nil, errors.New("nobody can be asked, there is no terminal")
	}
	var first string
	for i, question := range f.questions(id, source) {
		answer, err := f.Ask(question)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			first = strings.TrimSpace(answer)
		} else if strings.TrimSpace(answer) != first {
			return nil, errors.New("the two passwords differ")
		}
	}
	return []byte(first), nil
}

func (f Source) questions(id, source string) []string {
	if id == "" {
		id = DefaultID
	}
	label := " (" + id + ")"
	if source == PromptUnnamed {
		label = ""
	}
	switch {
	case f.New && label == "":
		return []string{"New Vault password: ", "Confirm New Vault password: "}
	case f.New:
		return []string{"New vault password" + label + ": ", "Confirm new vault password" + label + ": "}
	default:
		return []string{"Vault password" + label + ": "}
	}
}

func (s *Secrets) readPassword(ctx context.Context, path, id string, from Source) ([]byte, error) {
	path = expand(path)
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("the file cannot be read: %w", err)
	}
	if info.IsDir() {
		return nil, errors.New("it is a folder, a file or a script was expected")
	}
	if info.Mode().Perm()&0o111 != 0 {
		return runScript(ctx, path, id, from.Stderr)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("the file cannot be read: %w", err)
	}
	b = bytes.TrimSpace(b)
	if IsEncrypted(b) {
		plain, err := s.Decrypt(string(b))
		if err != nil {
			return nil, err
		}
		b = []byte(plain)
	}
	return bytes.Trim(b, "\r\n"), nil
}

// expand resolves ~ and $VARIABLES, which a shell leaves alone behind a label's @.
func expand(path string) string {
	path = os.ExpandEnv(path)
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		if home, err := os.UserHomeDir(); err == nil {
			return filepath.Join(home, rest)
		}
	}
	return path
}

// runScript returns what the script prints. Its standard error goes to the user, so that it may ask questions.
func runScript(ctx context.Context, path, id string, stderr io.Writer) ([]byte, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	name := strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	client := strings.HasSuffix(name, clientSuffix)
	var args []string
	if client && id != "" {
		args = []string{"--vault-id", id}
	}
	cmd := exec.CommandContext(ctx, abs, args...)
	cmd.Stdin, cmd.Stderr = os.Stdin, stderr
	var out bytes.Buffer
	cmd.Stdout = &limited{w: &out, left: maxSecretBytes}
	if err := cmd.Run(); err != nil {
		return nil, scriptError(err, client, id)
	}
	return bytes.Trim(out.Bytes(), "\r\n"), nil
}

func scriptError(err error, client bool, id string) error {
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit) && client && exit.ExitCode() == clientUnknown:
		return fmt.Errorf("the client script has no password for vault id %q", id)
	case errors.As(err, &exit):
		return fmt.Errorf("the password script ended with exit code %d", exit.ExitCode())
	default:
		return fmt.Errorf("the password script cannot be run: %w (if it is no script, remove its executable bits)", err)
	}
}

// limited refuses a script that prints without end.
type limited struct {
	w    io.Writer
	left int
}

func (l *limited) Write(b []byte) (int, error) {
	if l.left -= len(b); l.left < 0 {
		return 0, errors.New("the script prints too much")
	}
	return l.w.Write(b)
}
