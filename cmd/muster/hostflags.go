package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/musterhq/muster/internal/become"
	"github.com/musterhq/muster/internal/settings"
)

// hostFlags are the flags that every command which works on hosts takes, under Ansible's names.
type hostFlags struct {
	inventory     []string
	limit         string
	within        string // a second limit, of the daemon
	extraVars     []string
	dataVars      []string
	vaultIDs      []string
	vaultFiles    []string
	askVault      bool
	verbose       int
	forks         int
	check         bool
	diff          bool
	playbookDir   string
	modulePath    []string
	flushCache    bool
	user          string
	privateKey    string
	connection    string
	timeout       int
	sshCommonArgs string
	sftpExtraArgs string
	scpExtraArgs  string
	sshExtraArgs  string
	askPass       bool
	passFile      string
	become        bool
	becomeMethod  string
	becomeUser    string
	askBecome     bool
	becomeFile    string
	noHistory     bool
	noJournal     bool
	shown         []string // the command line without secrets
}

// addHosts adds what commands that reach hosts share: which hosts, and how.
func (f *hostFlags) addHosts(fs *pflag.FlagSet) {
	f.addInventory(fs)
	f.addLimit(fs)
	f.addConnection(fs)
}

func (f *hostFlags) addInventory(fs *pflag.FlagSet) {
	fs.SetNormalizeFunc(aliasName)
	fs.StringArrayVarP(&f.inventory, "inventory", "i", nil, "inventory file, folder, script or comma-separated host list; may be repeated (also --inventory-file)")
	fs.StringArrayVarP(&f.extraVars, "extra-vars", "e", nil, "variables as key=value or YAML/JSON, or @FILE; they win over all others")
	fs.StringArrayVar(&f.dataVars, "data-vars", nil, "JSON file of variables that win over all others and are data: nothing in them is a template")
	fs.CountVarP(&f.verbose, "verbose", "v", "show more; repeat for still more")
	f.addVault(fs)
}

func (f *hostFlags) addLimit(fs *pflag.FlagSet) {
	fs.StringVarP(&f.limit, "limit", "l", "", "further limit the selected hosts to this pattern; @FILE reads hosts from a file")
	fs.StringVar(&f.within, "within", "", "limit the hosts that --limit leaves to this pattern, too")
	fs.Lookup("within").Hidden = true
}

func (f *hostFlags) addVault(fs *pflag.FlagSet) {
	fs.SetNormalizeFunc(aliasName)
	fs.StringArrayVar(&f.vaultIDs, "vault-id", nil, "vault identity: [LABEL@]FILE, script or prompt; may be repeated")
	fs.StringArrayVar(&f.vaultFiles, "vault-password-file", nil, "file or script with the vault password (also --vault-pass-file)")
	fs.BoolVarP(&f.askVault, "ask-vault-password", "J", false, "ask for the vault password (also --ask-vault-pass)")
}

func (f *hostFlags) addConnection(fs *pflag.FlagSet) {
	fs.IntVarP(&f.forks, "forks", "f", 0, "how many hosts to work on at once (default 64)")
	fs.BoolVarP(&f.check, "check", "C", false, "change nothing; say what would change")
	fs.BoolVarP(&f.diff, "diff", "D", false, "show what changes in files")
	fs.StringArrayVarP(&f.modulePath, "module-path", "M", nil, "folder with modules of your own, before those of the settings")
	fs.StringVarP(&f.user, "user", "u", "", "connect as this user")
	fs.StringVar(&f.privateKey, "private-key", "", "use this key file to authenticate (also --key-file)")
	fs.StringVarP(&f.connection, "connection", "c", "", "connection: ssh (smart) or local")
	fs.IntVarP(&f.timeout, "timeout", "T", 0, "connection timeout in seconds (default 10)")
	fs.StringVar(&f.sshCommonArgs, "ssh-common-args", "", "OpenSSH options for every connection, such as -J or -o ProxyCommand=…")
	fs.StringVar(&f.sshExtraArgs, "ssh-extra-args", "", "more OpenSSH options")
	fs.StringVar(&f.sftpExtraArgs, "sftp-extra-args", "", "refused: no sftp program is run")
	fs.StringVar(&f.scpExtraArgs, "scp-extra-args", "", "refused: no scp program is run")
	fs.BoolVarP(&f.askPass, "ask-pass", "k", false, "ask for the connection password")
	fs.StringVar(&f.passFile, "connection-password-file", "", "file or script with the connection password (also --conn-pass-file)")
	fs.BoolVarP(&f.become, "become", "b", false, "become another user")
	fs.StringVar(&f.becomeMethod, "become-method", "", "how to become another user: sudo, su or doas (default sudo)")
	fs.StringVar(&f.becomeUser, "become-user", "", "the user to become (default root)")
	fs.BoolVarP(&f.askBecome, "ask-become-pass", "K", false, "ask for the password to become another user")
	fs.BoolVar(&f.noJournal, "no-journal", false, "hosts do not record what changes: it cannot be undone, and nothing is locked")
	fs.BoolVar(&f.noHistory, "no-history", false, "do not keep this run in the history")
	fs.StringVar(&f.becomeFile, "become-password-file", "", "file or script with the password to become another user (also --become-pass-file)")
}

// refuse returns an error for flags that muster knows by name but cannot honour, and for flags that exclude each other.
func (f *hostFlags) refuse() error {
	switch {
	case f.sftpExtraArgs != "":
		return fmt.Errorf("--sftp-extra-args: muster runs no sftp program; use --ssh-common-args for options of the connection")
	case f.scpExtraArgs != "":
		return fmt.Errorf("--scp-extra-args: muster runs no scp program; use --ssh-common-args for options of the connection")
	case f.askPass && f.passFile != "":
		return fmt.Errorf("--ask-pass and --connection-password-file exclude each other; give one of them")
	case f.askBecome && f.becomeFile != "":
		return fmt.Errorf("--ask-become-pass and --become-password-file exclude each other; give one of them")
	case f.askVault && len(f.vaultFiles) > 0:
		return fmt.Errorf("--ask-vault-password and --vault-password-file exclude each other; give one of them, or --vault-id")
	case f.becomeMethod != "" && !slices.Contains(become.Methods(), f.becomeMethod):
		return fmt.Errorf("--become-method must be one of %s, not %q", strings.Join(become.Methods(), ", "), f.becomeMethod)
	case f.forks < 0:
		return fmt.Errorf("--forks must be at least 1, not %d", f.forks)
	case f.timeout < 0:
		return fmt.Errorf("--timeout must be at least 1 second, not %d", f.timeout)
	}
	return nil
}

// override puts the flags that were given over the settings.
func (f *hostFlags) override(s *settings.Settings) error {
	for _, o := range []struct {
		given            bool
		name, raw, shown string
	}{
		{f.forks > 0, "DEFAULT_FORKS", strconv.Itoa(f.forks), "--forks"},
		{f.user != "", "DEFAULT_REMOTE_USER", f.user, "--user"},
		{f.privateKey != "", "DEFAULT_PRIVATE_KEY_FILE", f.privateKey, "--private-key"},
		{f.connection != "", "DEFAULT_TRANSPORT", f.connection, "--connection"},
		{f.timeout > 0, "connection/ssh/timeout", strconv.Itoa(f.timeout), "--timeout"},
		{f.sshCommonArgs != "", "connection/ssh/ssh_common_args", f.sshCommonArgs, "--ssh-common-args"},
		{f.sshExtraArgs != "", "connection/ssh/ssh_extra_args", f.sshExtraArgs, "--ssh-extra-args"},
		{f.become, "DEFAULT_BECOME", "true", "--become"},
		{f.becomeMethod != "", "DEFAULT_BECOME_METHOD", f.becomeMethod, "--become-method"},
		{f.becomeUser != "", "DEFAULT_BECOME_USER", f.becomeUser, "--become-user"},
		{f.verbose > 0, "DEFAULT_VERBOSITY", strconv.Itoa(f.verbose), "--verbose"},
	} {
		if !o.given {
			continue
		}
		if err := s.Override(o.name, o.raw, o.shown); err != nil {
			return err
		}
	}
	return nil
}
