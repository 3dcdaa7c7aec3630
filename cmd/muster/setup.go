package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/musterhq/muster/executor"
	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/settings"
	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/internal/vault"
	"github.com/musterhq/muster/internal/view"
	"github.com/musterhq/muster/internal/yaml11"
	"github.com/musterhq/muster/inventory"
	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/all"
	"github.com/musterhq/muster/playbook"
	"github.com/musterhq/muster/playbook/jinja"
	"github.com/musterhq/muster/playbook/lookup"
)

// workbench is everything that commands on hosts share, made from settings and flags.
type workbench struct {
	base     context.Context // of the command
	io       *streams
	flags    *hostFlags
	settings *settings.Settings
	secrets  *vault.Secrets
	engine   *jinja.Engine
	modules  *modules.Registry
	lookups  map[string]lookup.Func
	extra    *value.Dict
	inv      *inventory.Inventory
	log      *logWriter
	parent   string // the run that the next one follows from
	// interrupts is where a run under the live view gets its signals from; nil is the process.
	interrupts chan os.Signal
	// begins is told of every executor before it runs; may be nil.
	begins  func(*executor.Executor)
	kept    *progress // what is done, for muster resume; nil keeps nothing
	outlook string    // what can be done about the last run, when it did not end well
	// status shows on the terminal what the run is at; nil without one.
	status *view.Progress
}

// close lets go of what the workbench opened.
func (w *workbench) close() {
	_ = w.secrets.SaveKeys() // without them the next run takes longer, and that is all
	if w.log != nil {
		_ = w.log.f.Close() // every entry was written at once
	}
}

// newWorkbench reads the settings, vault secrets and extra variables.
func newWorkbench(ctx context.Context, io *streams, f *hostFlags) (*workbench, error) {
	if err := f.refuse(); err != nil {
		return nil, err
	}
	s, found := settings.Load(io.env, io.dir)
	if err := showWarnings(io, found); err != nil {
		return nil, err
	}
	if err := f.override(s); err != nil {
		return nil, err
	}
	w := &workbench{base: ctx, io: io, flags: f, settings: s, secrets: &vault.Secrets{}, modules: all.All(), lookups: lookup.All()}
	w.engine = jinja.New(jinja.Options{Native: s.Jinja2Native})
	if s.MaskSecrets {
		io.masking = io.secrets
	}
	if err := w.loadSecrets(ctx); err != nil {
		return nil, err
	}
	var err error
	if w.extra, err = w.extraVars(f.extraVars); err == nil {
		err = w.addData(f.dataVars)
	}
	return w, err
}

// showWarnings prints the warnings of a list and returns its errors.
func showWarnings(io *streams, found diag.List) error {
	var errs diag.List
	for _, d := range found {
		if d.Severity == diag.Warning {
			warnTo(io, d.Error())
			continue
		}
		errs = append(errs, d)
	}
	return errs.Err()
}

// loadSecrets reads the vault passwords that flags and settings name.
func (w *workbench) loadSecrets(ctx context.Context) error {
	specs := append([]string(nil), w.settings.VaultIdentityList...)
	specs = append(specs, w.flags.vaultIDs...)
	for _, f := range w.flags.vaultFiles {
		specs = append(specs, w.settings.VaultIdentity+"@"+f)
	}
	if w.settings.VaultPasswordFile != "" {
		specs = append(specs, w.settings.VaultIdentity+"@"+w.settings.VaultPasswordFile)
	}
	if w.flags.askVault || w.settings.AskVaultPass && len(specs) == 0 {
		specs = append(specs, w.settings.VaultIdentity+"@"+vault.PromptUnnamed)
	}
	w.secrets.RequireMatch(w.settings.VaultIDMatch)
	w.secrets.UseSalt(w.settings.VaultEncryptSalt)
	w.secrets.KeepKeys(w.keysFolder())
	from := vault.Source{Stderr: w.io.err, Ask: func(q string) (string, error) { return w.io.AskPassword(ctx, q) }}
	var problems []error
	for _, spec := range specs {
		err := w.secrets.LoadSecret(ctx, spec, from)
		if err != nil && (ctx.Err() != nil || errors.Is(err, errInterrupted)) {
			return err
		}
		if err != nil {
			problems = append(problems, secretProblem(spec, err))
		}
	}
	if len(problems) > 0 && len(w.secrets.IDs()) == 0 {
		return problems[0]
	}
	for _, p := range problems { // there are others
		warnTo(w.io, p.Error())
	}
	w.secrets.Each(func(password string) { w.io.secrets.Add(password) })
	return nil
}

// secretProblem says why a vault password cannot be had.
func secretProblem(spec string, err error) error {
	id, _ := vault.SplitSpec(spec)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("Error getting vault password file (%s): %w", id, err) //nolint:staticcheck // Ansible's words
	}
	return fmt.Errorf("Error in vault password file loading (%s): %w", id, err) //nolint:staticcheck // Ansible's words
}

// extraVars merges -e arguments in their order.
func (w *workbench) extraVars(args []string) (*value.Dict, error) {
	merged := value.NewDict()
	for _, a := range args {
		d, err := w.extraVar(a)
		if err != nil {
			return nil, fmt.Errorf("--extra-vars: %w", err) // without the argument, which may hold secrets
		}
		for k, v := range d.All() {
			merged.Set(k, v)
		}
	}
	return merged, nil
}

// addData adds the variables of --data-vars, which somebody else wrote: their text stays text.
func (w *workbench) addData(files []string) error {
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("--data-vars: %w", err)
		}
		d, err := mappingOf(yaml11.Load(file, src, yaml11.Untrusted))
		if err != nil {
			return fmt.Errorf("--data-vars: %w", err)
		}
		for k, v := range d.All() {
			w.extra.Set(k, v)
		}
	}
	return nil
}

// extraVar reads one argument: @FILE, YAML or JSON, or key=value words.
func (w *workbench) extraVar(a string) (*value.Dict, error) {
	trimmed := strings.TrimSpace(a)
	switch {
	case strings.HasPrefix(trimmed, "@"):
		src, err := os.ReadFile(trimmed[1:])
		if err != nil {
			return nil, err
		}
		if src, err = w.decryptFile(src); err != nil {
			return nil, fmt.Errorf("%s: %w", trimmed[1:], err)
		}
		return mappingOf(yaml11.Load(trimmed[1:], src, yaml11.Trusted))
	case strings.HasPrefix(trimmed, "{") || strings.HasPrefix(trimmed, "["):
		return mappingOf(yaml11.Load("--extra-vars", []byte(trimmed), yaml11.Trusted))
	case strings.HasPrefix(trimmed, "/") || strings.HasPrefix(trimmed, "."):
		return nil, errors.New("a file needs @ before its name")
	}
	d := playbook.KeyValues(trimmed, diag.Pos{File: "--extra-vars"})
	if _, has := d.Get(playbook.RawParams); has {
		if _, err := os.Stat(trimmed); err == nil {
			return nil, fmt.Errorf("%s: a file needs @ before its name", trimmed)
		}
		return nil, errors.New("each word must be key=value; put values with blanks into quotes")
	}
	return d, nil
}

func mappingOf(v any, err error) (*value.Dict, error) {
	if err != nil {
		return nil, err
	}
	switch d := v.(type) {
	case nil:
		return value.NewDict(), nil
	case *value.Dict:
		return d, nil
	default:
		return nil, errors.New("a mapping of names to values is needed")
	}
}

// decryptFile returns the plain content of a file that may be a vault.
func (w *workbench) decryptFile(content []byte) ([]byte, error) {
	if !vault.IsEncrypted(content) {
		return content, nil
	}
	plain, err := w.openFile(string(content))
	return []byte(plain), err
}

// sources are the inventory sources that flags or settings name.
func (w *workbench) sources() []string {
	if len(w.flags.inventory) > 0 {
		return w.flags.inventory
	}
	return w.settings.Inventory
}

// loadInventory reads the inventory sources that flags or settings name.
func (w *workbench) loadInventory(ctx context.Context) (*inventory.Inventory, error) {
	sources := w.flags.inventory
	if len(sources) == 0 {
		for _, s := range w.settings.Inventory {
			if _, err := os.Stat(s); err == nil || s != "/etc/ansible/hosts" {
				sources = append(sources, s)
			}
		}
	}
	o := inventory.FromSettings(w.settings)
	o.Dir, o.Env, o.Stderr = w.io.dir, w.io.env, w.io.err
	o.Decrypt = w.openFile
	o.Evaluate = w.evaluate
	inv, found := inventory.Load(ctx, sources, o)
	if err := showWarnings(w.io, found); err != nil {
		return nil, err
	}
	w.inv = inv
	return inv, w.narrow()
}

// narrow makes the two limits one: the hosts that both leave.
func (w *workbench) narrow() error {
	if w.flags.within == "" {
		return nil
	}
	hosts, err := w.selectHosts("all")
	if err != nil {
		return err
	}
	hosts, found := w.inv.MatchLimit(hosts, w.flags.within)
	if err := showWarnings(w.io, found); err != nil {
		return err
	}
	if len(hosts) == 0 {
		return errNoHosts
	}
	names := make([]string, len(hosts))
	for i, h := range hosts {
		names[i] = h.Name
	}
	w.flags.limit, w.flags.within = strings.Join(names, ","), ""
	return nil
}

// reloadInventory reads the sources again; what the run itself added stays.
func (w *workbench) reloadInventory(ctx context.Context) (*inventory.Inventory, error) {
	inv, found := w.inv.Reload(ctx)
	if err := showWarnings(w.io, found); err != nil {
		return nil, err
	}
	w.inv = inv
	return inv, nil
}

// loader returns a loader of playbooks.
func (w *workbench) loader() *playbook.Loader { return w.loaderWith(nil) }

// loaderWith returns a loader that seeks roles in more folders, after those of the settings.
func (w *workbench) loaderWith(moreRoles []string) *playbook.Loader {
	return playbook.NewLoader(playbook.Options{
		Actions: executor.Actions{Registry: w.modules}, RolesPath: append(slices.Clone(w.settings.RolesPath), moreRoles...), CollectionsPath: w.settings.CollectionsPath,
		PrivateRoles: w.settings.PrivateRoleVars,
		Decrypt:      w.openFile,
		Render:       w.renderStatic,
	})
}

// staticScope holds the variables known before a run: extra vars over what the playbook says.
type staticScope struct{ over, vars *value.Dict }

// Lookup returns a variable.
func (s staticScope) Lookup(name string) (any, bool) {
	if v, ok := s.over.Get(name); ok {
		return v, true
	}
	return s.vars.Get(name)
}

func (w *workbench) decryptValue(v value.Vault) (string, error) {
	return w.openValue(v.Ciphertext)
}

// defaults are the connection settings below the inventory's variables.
func (w *workbench) defaults(ctx context.Context) (executor.Defaults, error) {
	d := executor.DefaultsFrom(w.settings)
	err := w.passwords(ctx, &d)
	w.io.secrets.Add(d.Password, d.BecomePassword)
	return d, err
}

// passwords reads or asks for the passwords of the connection and of become.
func (w *workbench) passwords(ctx context.Context, d *executor.Defaults) error {
	var err error
	if file := orElse(w.flags.passFile, w.settings.ConnectionPasswordFile); file != "" {
		if d.Password, err = passwordFrom(ctx, file); err != nil {
			return err
		}
	} else if w.flags.askPass || w.settings.AskPass {
		if d.Password, err = w.io.AskPassword(ctx, "SSH password: "); err != nil {
			return fmt.Errorf("--ask-pass: %w", err)
		}
	}
	if file := orElse(w.flags.becomeFile, w.settings.BecomePasswordFile); file != "" {
		d.BecomePassword, err = passwordFrom(ctx, file)
		return err
	}
	if !w.flags.askBecome && !w.settings.BecomeAskPass {
		return nil
	}
	question := "BECOME password"
	if !w.settings.AgnosticBecomePrompt {
		question = strings.ToUpper(d.BecomeMethod) + " password"
	}
	if d.Password != "" {
		question += "[defaults to SSH password]"
	}
	question += ": "
	if d.BecomePassword, err = w.io.AskPassword(ctx, question); err != nil {
		return fmt.Errorf("--ask-become-pass: %w", err)
	}
	if d.BecomePassword == "" {
		d.BecomePassword = d.Password
	}
	return nil
}

func orElse(s, def string) string {
	if s == "" {
		return def
	}
	return s
}

// passwordFrom reads a password from a file, or from the output of an executable one.
func passwordFrom(ctx context.Context, file string) (string, error) {
	st, err := os.Stat(file)
	if err != nil {
		return "", err
	}
	var out []byte
	if st.Mode()&0o111 != 0 && st.Mode().IsRegular() {
		path, err := filepath.Abs(file)
		if err != nil {
			return "", err
		}
		if out, err = exec.CommandContext(ctx, path).Output(); err != nil {
			return "", fmt.Errorf("%s: %w", file, err)
		}
	} else if out, err = os.ReadFile(file); err != nil {
		return "", err
	}
	return string(bytes.TrimRight(out, "\r\n")), nil
}

// holder says who works on hosts and from where, for those that find a host locked.
func (w *workbench) holder() string {
	host, _ := os.Hostname() //nolint:errcheck // an empty name says as much
	return fmt.Sprintf("%s@%s, process %d", invokingUser(w.io), host, os.Getpid())
}

// modulePath are the folders of --module-path, which one argument may list with colons between them.
func (w *workbench) modulePath() []string {
	var dirs []string
	for _, list := range w.flags.modulePath {
		for _, dir := range filepath.SplitList(list) {
			dirs = append(dirs, expandHome(dir, w.io.getenv("HOME")))
		}
	}
	return dirs
}

// options assembles what a run needs.
func (w *workbench) options(ctx context.Context) (executor.Options, error) {
	d, err := w.defaults(ctx)
	if err != nil {
		return executor.Options{}, err
	}
	cache, err := w.factCache()
	if err != nil {
		return executor.Options{}, err
	}
	return executor.Options{
		FactCache: cache, ModulePath: w.modulePath(), Inventory: w.inv, Refresh: w.reloadInventory, Sources: w.sources(), Loader: w.loader(), Engine: w.engine, Lookups: w.lookups, Modules: w.modules,
		Settings: w.settings, HostStarts: w.settings.ShowPerHostStart, Prompter: w.io, Pauser: w.io, Console: w.io, Decrypt: w.decryptValue, DecryptFile: w.decryptFile, Secrets: w.io.secrets,
		ExtraVars: w.extra, Limit: w.flags.limit, Check: w.flags.check, Diff: w.flags.diff || w.settings.DiffAlways,
		Verbosity: w.settings.Verbosity, Forks: w.settings.Forks, ForceHandlers: w.settings.ForceHandlers, Defaults: d,
		Journal: w.settings.Journal && !w.flags.noJournal, JournalDays: w.settings.JournalDays, JournalMegabytes: w.settings.JournalMegabytes,
		Holder: w.holder(), Version: buildVersion(), RunID: newRunID(), Now: time.Now, Env: w.io.env,
	}, nil
}
