package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/musterhq/muster/internal/settings"
	"github.com/musterhq/muster/internal/vault"
)

// vaultOptions are the flags of muster vault: those of ansible-vault.
type vaultOptions struct {
	hostFlags
	encryptID    string
	output       string
	newIDs       []string
	newFile      string
	stdinName    string
	names        []string
	prompt       bool
	showInput    bool
	skipTTYCheck bool
}

func newVaultCmd(s *streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "vault",
		Short: "Encrypt and decrypt files and values",
		Long: `Encrypt and decrypt files and values. The subcommands, flags and files are those of ansible-vault: what one
encrypts, the other decrypts.` + exitHelp,
		Example: "  muster vault encrypt secrets.yml\n  muster vault encrypt_string --name db_password 's3cret'",
		Args:    onlyCommands,
		RunE:    showHelp,
	}
	cmd.AddCommand(
		vaultCmd(s, "encrypt [FILE...]", "Encrypt files in place, or standard input", vaultEncrypt),
		vaultCmd(s, "decrypt [FILE...]", "Decrypt files in place, or standard input", vaultDecrypt),
		vaultCmd(s, "view [FILE...]", "Show encrypted files", vaultView),
		vaultCmd(s, "edit FILE", "Edit an encrypted file", vaultEdit),
		vaultCmd(s, "create FILE", "Make a new encrypted file in an editor", vaultCreate),
		vaultCmd(s, "rekey FILE...", "Encrypt files with another password", vaultRekey),
		vaultCmd(s, "encrypt_string [TEXT]", "Encrypt a value for use in a playbook", vaultEncryptString),
	)
	return cmd
}

// vaultJob is one invocation of a subcommand.
type vaultJob struct {
	s       *streams
	o       *vaultOptions
	cfg     *settings.Settings
	secrets *vault.Secrets
	args    []string
}

func vaultCmd(s *streams, use, short string, run func(context.Context, *vaultJob) error) *cobra.Command {
	o := &vaultOptions{}
	cmd := &cobra.Command{Use: use, Short: short, Long: short + "." + exitHelp}
	name, _, _ := strings.Cut(use, " ")
	cmd.Example = "  muster vault " + strings.Replace(strings.Replace(use, "[FILE...]", "secrets.yml", 1), "FILE...", "secrets.yml", 1) + " --vault-password-file pass.txt"
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		j := &vaultJob{s: s, o: o, args: args}
		if err := j.open(cmd.Context(), name); err != nil {
			return err
		}
		return run(cmd.Context(), j)
	}
	fs := cmd.Flags()
	o.addVault(fs)
	fs.CountVarP(&o.verbose, "verbose", "v", "show more")
	fs.StringVar(&o.encryptID, "encrypt-vault-id", "", "label of the password to encrypt with, when there are several")
	switch name {
	case "encrypt", "decrypt", "encrypt_string":
		fs.StringVar(&o.output, "output", "", "write here instead; - is standard output")
	case "rekey":
		fs.StringArrayVar(&o.newIDs, "new-vault-id", nil, "the new vault identity: [LABEL@]FILE, script or prompt")
		fs.StringVar(&o.newFile, "new-vault-password-file", "", "file or script with the new password")
	case "create":
		fs.BoolVar(&o.skipTTYCheck, "skip-tty-check", false, "start the editor even without a terminal")
	}
	if name == "encrypt_string" {
		fs.StringVar(&o.stdinName, "stdin-name", "", "name of the variable read from standard input")
		fs.StringArrayVarP(&o.names, "name", "n", nil, "name of the variable; may be repeated, one for each TEXT")
		fs.BoolVarP(&o.prompt, "prompt", "p", false, "ask for the text")
		fs.BoolVar(&o.showInput, "show-input", false, "show what is typed at the prompt")
	}
	return cmd
}

// open reads the settings and passwords.
func (j *vaultJob) open(ctx context.Context, name string) error {
	cfg, found := settings.Load(j.s.env, j.s.dir)
	if err := showWarnings(j.s, found); err != nil {
		return err
	}
	j.cfg, j.secrets = cfg, &vault.Secrets{}
	w := &workbench{io: j.s, flags: &j.o.hostFlags, settings: cfg, secrets: j.secrets}
	if err := w.loadSecrets(ctx); err != nil {
		return err
	}
	if len(j.secrets.IDs()) > 0 {
		return nil
	}
	from := vault.Source{Stderr: j.s.err, New: name == "encrypt" || name == "create" || name == "encrypt_string",
		Ask: func(q string) (string, error) { return j.s.AskPassword(ctx, q) }}
	if err := j.secrets.LoadSecret(ctx, cfg.VaultIdentity+"@"+vault.PromptUnnamed, from); err != nil {
		return fmt.Errorf("a vault password is required; use --vault-password-file, --vault-id or --ask-vault-password: %w", err)
	}
	return nil
}

func (j *vaultJob) encryptID() string { return orElse(j.o.encryptID, j.cfg.VaultEncryptIdentity) }

// readInput reads a file; - is standard input.
func (j *vaultJob) readInput(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(j.s.in)
	}
	return os.ReadFile(name)
}

// writeOutput replaces a file, readable by its owner only; - is standard output.
func (j *vaultJob) writeOutput(name string, data []byte) error {
	if name == "-" {
		_, err := j.s.out.Write(data)
		return err
	}
	return replaceFile(name, data)
}

// replaceFile writes a file as a whole or not at all. A file that existed keeps its mode.
func replaceFile(name string, data []byte) error {
	mode := os.FileMode(0o600)
	if st, err := os.Stat(name); err == nil {
		mode = st.Mode().Perm()
	}
	tmp, err := os.CreateTemp(filepath.Dir(name), ".muster-vault-")
	if err != nil {
		return err
	}
	_, err = tmp.Write(data)
	err = errors.Join(err, tmp.Chmod(mode), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	return nil
}

// inputs are the files of a command line; none is standard input.
func (j *vaultJob) inputs() []string {
	if len(j.args) == 0 {
		return []string{"-"}
	}
	return j.args
}

// convert applies f to every input and writes the results.
func (j *vaultJob) convert(done string, f func([]byte) ([]byte, error)) error {
	if j.o.output != "" && len(j.args) > 1 {
		return fmt.Errorf("At most one input file may be used with the --output option") //nolint:staticcheck // Ansible's words
	}
	for _, name := range j.inputs() {
		data, err := j.readInput(name)
		if err != nil {
			return err
		}
		out, err := f(data)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := j.writeOutput(orElse(j.o.output, name), out); err != nil {
			return err
		}
	}
	if j.s.tty {
		fmt.Fprintln(j.s.err, done)
	}
	return nil
}

func vaultEncrypt(_ context.Context, j *vaultJob) error {
	return j.convert("Encryption successful", func(data []byte) ([]byte, error) {
		text, err := j.secrets.Encrypt(string(data), j.encryptID())
		return []byte(ensureNewline(text)), err
	})
}

func vaultDecrypt(_ context.Context, j *vaultJob) error {
	return j.convert("Decryption successful", j.decrypt)
}

func (j *vaultJob) decrypt(data []byte) ([]byte, error) {
	if !vault.IsEncrypted(data) {
		return nil, errors.New("input is not vault encrypted data")
	}
	plain, err := j.secrets.Decrypt(string(data))
	return []byte(plain), err
}

func vaultView(_ context.Context, j *vaultJob) error {
	for _, name := range j.inputs() {
		data, err := j.readInput(name)
		if err != nil {
			return err
		}
		plain, err := j.decrypt(data)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if _, err := j.s.out.Write(plain); err != nil {
			return err
		}
	}
	return nil
}

func vaultCreate(ctx context.Context, j *vaultJob) error {
	if len(j.args) != 1 {
		return fmt.Errorf("muster vault create takes one FILE")
	}
	name := j.args[0]
	if _, err := os.Stat(name); err == nil {
		return fmt.Errorf("%s exists, please use 'edit' instead", name)
	}
	if !j.s.tty && !j.o.skipTTYCheck {
		return fmt.Errorf("not a terminal, so no editor can be started; use 'encrypt', or --skip-tty-check")
	}
	text, err := j.editor(ctx, nil)
	if err != nil {
		return err
	}
	sealed, err := j.secrets.Encrypt(string(text), j.encryptID())
	if err != nil {
		return err
	}
	return replaceFile(name, []byte(ensureNewline(sealed)))
}

func vaultEdit(ctx context.Context, j *vaultJob) error {
	if len(j.args) != 1 {
		return fmt.Errorf("muster vault edit takes one FILE")
	}
	name := j.args[0]
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	plain, err := j.decrypt(data)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	changed, err := j.editor(ctx, plain)
	if err != nil || string(changed) == string(plain) {
		return err
	}
	id, err := vault.ID(string(data))
	if err != nil {
		return err
	}
	sealed, err := j.secrets.Encrypt(string(changed), orElse(j.encryptID(), id))
	if err != nil {
		return err
	}
	return replaceFile(name, []byte(ensureNewline(sealed)))
}

// editor lets the user edit text in a private file, which is overwritten and removed afterwards.
func (j *vaultJob) editor(ctx context.Context, text []byte) (out []byte, err error) {
	dir, err := os.MkdirTemp("", "muster-vault-")
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "secret.yml")
	defer func() {
		if st, serr := os.Stat(file); serr == nil {
			err = errors.Join(err, os.WriteFile(file, make([]byte, st.Size()), 0o600))
		}
		err = errors.Join(err, os.RemoveAll(dir))
	}()
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return nil, err
	}
	words := strings.Fields(orElse(j.s.getenv("EDITOR"), "vi"))
	cmd := exec.CommandContext(ctx, words[0], append(words[1:], file)...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.Env = j.s.in, j.s.out, j.s.err, j.s.env
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w", words[0], err)
	}
	return os.ReadFile(file)
}

func vaultRekey(ctx context.Context, j *vaultJob) error {
	if len(j.args) == 0 {
		return fmt.Errorf("muster vault rekey takes at least one FILE")
	}
	next := &vault.Secrets{}
	specs := append([]string(nil), j.o.newIDs...)
	if j.o.newFile != "" {
		specs = append(specs, j.cfg.VaultIdentity+"@"+j.o.newFile)
	}
	if len(specs) == 0 {
		specs = []string{j.cfg.VaultIdentity + "@" + vault.PromptUnnamed}
	}
	from := vault.Source{Stderr: j.s.err, New: true, Ask: func(q string) (string, error) { return j.s.AskPassword(ctx, "New "+q) }}
	if err := next.LoadSecret(ctx, specs[0], from); err != nil {
		return err
	}
	sealed := make([][]byte, len(j.args))
	for i, name := range j.args { // all files are converted before the first is written
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		plain, err := j.decrypt(data)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		id, _ := vault.SplitSpec(specs[0])
		if id == j.cfg.VaultIdentity {
			id = ""
		}
		text, err := next.Encrypt(string(plain), id)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		sealed[i] = []byte(ensureNewline(text))
	}
	for i, name := range j.args {
		if err := replaceFile(name, sealed[i]); err != nil {
			return err
		}
	}
	if j.s.tty {
		fmt.Fprintln(j.s.err, "Rekey successful")
	}
	return nil
}

func vaultEncryptString(ctx context.Context, j *vaultJob) error {
	type named struct{ name, text string }
	var todo []named
	nameAt := func(i int) string {
		if i < len(j.o.names) {
			return j.o.names[i]
		}
		return ""
	}
	switch {
	case j.o.prompt:
		text, err := j.s.Ask(ctx, "String to encrypt: ", !j.o.showInput)
		if err != nil {
			return err
		}
		todo = append(todo, named{nameAt(0), text})
	case len(j.args) == 0 || j.args[0] == "-" || j.o.stdinName != "":
		data, err := io.ReadAll(j.s.in)
		if err != nil {
			return err
		}
		todo = append(todo, named{orElse(j.o.stdinName, nameAt(0)), string(data)})
	default:
		for i, text := range j.args {
			todo = append(todo, named{nameAt(i), text})
		}
	}
	var out strings.Builder
	for _, t := range todo {
		sealed, err := j.secrets.Encrypt(t.text, j.encryptID())
		if err != nil {
			return err
		}
		if t.name != "" {
			out.WriteString(t.name + ": ")
		}
		out.WriteString("!vault |\n")
		for line := range strings.SplitSeq(strings.TrimSpace(sealed), "\n") {
			out.WriteString("          " + line + "\n")
		}
	}
	return j.writeOutput(orElse(j.o.output, "-"), []byte(out.String()))
}

func ensureNewline(s string) string {
	if strings.HasSuffix(s, "\n") {
		return s
	}
	return s + "\n"
}
