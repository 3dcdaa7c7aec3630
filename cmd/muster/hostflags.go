package main

import (
	"fmt"
	"strconv"

	"github.com/spf13/pflag"

	"github.com/musterhq/muster/internal/settings"
)

// hostFlags are the flags that every command which works on hosts takes, under Ansible's names.
type hostFlags struct {
	inventory     []string
	limit         string
	extraVars     []string
	vaultIDs      []string
	vaultFiles    []string
	askVault      bool
	verbose       int
	forks         int
	check         bool
	diff          bool
	playbookDir   string
	modulePath    string
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
}

func (f *hostFlags) addInventory(fs *pflag.FlagSet) {
	fs.StringArrayVarP(&f.inventory, "inventory", "i", nil, "inventory file, folder, script or comma-separated host list; may be repeated")
	fs.StringArrayVar(&f.inventory, "inventory-file", nil, "the same as --inventory")
	_ = fs.MarkHidden("inventory-file")
	fs.StringVarP(&f.limit, "limit", "l", "", "further limit the selected hosts to this pattern")
	fs.StringArrayVarP(&f.extraVars, "extra-vars", "e", nil, "variables as key=value or YAML/JSON, or @FILE; they win over all others")
	fs.StringArrayVar(&f.vaultIDs, "vault-id", nil, "vault identity: [LABEL@]FILE, script or prompt; may be repeated")
	fs.StringArrayVar(&f.vaultFiles, "vault-password-file", nil, "file or script with the vault password")
	fs.StringArrayVar(&f.vaultFiles, "vault-pass-file", nil, "the same as --vault-password-file")
	fs.BoolVar(&f.askVault, "ask-vault-password", false, "ask for the vault password")
	fs.BoolVar(&f.askVault, "ask-vault-pass", false, "the same as --ask-vault-password")
	fs.BoolVarP(&f.askVault, "ask-vault", "J", false, "the same as --ask-vault-password")
	fs.CountVarP(&f.verbose, "verbose", "v", "show more; repeat for still more")
	for _, name := range []string{"vault-pass-file", "ask-vault-pass", "ask-vault"} {
		_ = fs.MarkHidden(name)
	}
}

func (f *hostFlags) addConnection(fs *pflag.FlagSet) {
	fs.IntVarP(&f.forks, "forks", "f", 0, "how many hosts to work on at once (default 64)")
	fs.BoolVarP(&f.check, "check", "C", false, "change nothing; say what would change")
	fs.BoolVarP(&f.diff, "diff", "D", false, "show what changes in files")
	fs.StringVarP(&f.modulePath, "module-path", "M", "", "accepted for Ansible's sake; must be empty: muster has its modules built in")
	fs.StringVarP(&f.user, "user", "u", "", "connect as this user")
	fs.StringVar(&f.privateKey, "private-key", "", "use this key file to authenticate")
	fs.StringVar(&f.privateKey, "key-file", "", "the same as --private-key")
	fs.StringVarP(&f.connection, "connection", "c", "", "connection: ssh (smart) or local")
	fs.IntVarP(&f.timeout, "timeout", "T", 0, "connection timeout in seconds (default 10)")
	fs.StringVar(&f.sshCommonArgs, "ssh-common-args", "", "OpenSSH options for every connection, such as -J or -o ProxyCommand=…")
	fs.StringVar(&f.sshExtraArgs, "ssh-extra-args", "", "more OpenSSH options")
	fs.StringVar(&f.sftpExtraArgs, "sftp-extra-args", "", "not supported: no sftp program is run")
	fs.StringVar(&f.scpExtraArgs, "scp-extra-args", "", "not supported: no scp program is run")
	fs.BoolVarP(&f.askPass, "ask-pass", "k", false, "ask for the connection password")
	fs.StringVar(&f.passFile, "connection-password-file", "", "file or script with the connection password")
	fs.StringVar(&f.passFile, "conn-pass-file", "", "the same as --connection-password-file")
	fs.BoolVarP(&f.become, "become", "b", false, "become another user")
	fs.StringVar(&f.becomeMethod, "become-method", "", "how to become another user: sudo, su or doas (default sudo)")
	fs.StringVar(&f.becomeUser, "become-user", "", "the user to become (default root)")
	fs.BoolVarP(&f.askBecome, "ask-become-pass", "K", false, "ask for the password to become another user")
	fs.StringVar(&f.becomeFile, "become-password-file", "", "file or script with the password to become another user")
	fs.StringVar(&f.becomeFile, "become-pass-file", "", "the same as --become-password-file")
	for _, name := range []string{"key-file", "conn-pass-file", "become-pass-file"} {
		_ = fs.MarkHidden(name)
	}
}

// refuse returns an error for flags that muster accepts by name but cannot honour.
func (f *hostFlags) refuse() error {
	switch {
	case f.modulePath != "":
		return fmt.Errorf("--module-path: muster's modules are built in and Python modules cannot run; remove the flag")
	case f.sftpExtraArgs != "":
		return fmt.Errorf("--sftp-extra-args: muster runs no sftp program; use --ssh-common-args for options of the connection")
	case f.scpExtraArgs != "":
		return fmt.Errorf("--scp-extra-args: muster runs no scp program; use --ssh-common-args for options of the connection")
	case f.flushCache:
		return fmt.Errorf("--flush-cache: muster keeps no fact cache yet, so there is nothing to flush; remove the flag")
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
