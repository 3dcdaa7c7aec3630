package main

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

	"github.com/spf13/cobra"

	"github.com/musterhq/muster/internal/settings"
	"github.com/musterhq/muster/internal/vault"
	"github.com/musterhq/muster/transport"
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
encrypts, the other decrypts.` + exitHelpLocal,
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
	cmd := &cobra.Command{Use: use, Short: short, Long: short + "." + exitHelpLocal}
	name, words, _ := strings.Cut(use, " ")
	example := "secrets.yml"
	switch words {
	case "FILE":
		cmd.Args = oneWord("a file")
	case "FILE...":
		cmd.Args = someWords("a file")
	case "[TEXT]":
		example = "--name db_password 's3cret'"
	}
	cmd.Example = "  muster vault " + name + " " + example + " --vault-password-file pass.txt"
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		j := &vaultJob{s: s, o: o, args: args}
		if err := j.open(cmd.Context(), name); err != nil {
			return err
		}
		err := run(cmd.Context(), j)
		_ = j.secrets.SaveKeys() // without them the next time takes longer, and that is all
		return err
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
	err := j.secrets.LoadSecret(ctx, cfg.VaultIdentity+"@"+vault.PromptUnnamed, from)
	if errors.Is(err, transport.ErrNoTerminal) {
		return fmt.Errorf("a vault password is required; use --vault-password-file, --vault-id or --ask-vault-password: %w", err)
	}
	return err
}

// sealID is the label of the password to encrypt with, "" for the one that has no label. With several passwords, the
// user must choose.
func (j *vaultJob) sealID() (string, error) {
	if id := orElse(j.o.encryptID, j.cfg.VaultEncryptIdentity); id != "" {
		return j.unlabelled(id), nil
	}
	ids := j.secrets.IDs()
	if len(ids) > 1 {
		return "", optionsError{fmt.Errorf("The vault-ids %s are available to encrypt. Specify the vault-id to encrypt with --encrypt-vault-id", strings.Join(ids, ",")), ansibleOptions} //nolint:staticcheck // Ansible's words
	}
	if len(ids) == 0 {
		return "", nil
	}
	return j.unlabelled(ids[0]), nil
}

// unlabelled is "" for the name of passwords that were given without one.
func (j *vaultJob) unlabelled(id string) string {
	if id == j.cfg.VaultIdentity {
		return ""
	}
	return id
}

// seal encrypts with the password that the command line chose.
func (j *vaultJob) seal(plain string) ([]byte, error) {
	id, err := j.sealID()
	if err != nil {
		return nil, err
	}
	text, err := j.secrets.Encrypt(plain, id)
	return []byte(ensureNewline(text)), err
}

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
	if _, err := j.sealID(); err != nil {
		return err
	}
	return j.convert("Encryption successful", func(data []byte) ([]byte, error) { return j.seal(string(data)) })
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

func vaultView(ctx context.Context, j *vaultJob) error {
	for _, name := range j.inputs() {
		data, err := j.readInput(name)
		if err != nil {
			return err
		}
		plain, err := j.decrypt(data)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := j.page(ctx, plain); err != nil {
			return err
		}
	}
	return nil
}

// page shows text in the user's pager when there is a terminal.
func (j *vaultJob) page(ctx context.Context, text []byte) error {
	words := strings.Fields(orElse(j.s.getenv("PAGER"), "less"))
	if path, err := exec.LookPath(words[0]); j.s.tty && err == nil {
		cmd := exec.CommandContext(ctx, path, words[1:]...)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(text), j.s.outFile, j.s.err
		cmd.Env = append([]string{"LESS=FRSX"}, j.s.env...)
		return cmd.Run()
	}
	_, err := j.s.out.Write(text)
	return err
}

func vaultRekey(ctx context.Context, j *vaultJob) error {
	if len(j.o.newIDs) > 0 && j.o.newFile != "" {
		return optionsError{errors.New("--new-vault-id and --new-vault-password-file exclude each other; give one of them"), ansibleUsage}
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
		text, err := next.Encrypt(string(plain), j.unlabelled(id))
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

func ensureNewline(s string) string {
	if strings.HasSuffix(s, "\n") {
		return s
	}
	return s + "\n"
}
