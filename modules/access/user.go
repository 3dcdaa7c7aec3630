package access

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// UserParams are the parameters of user.
type UserParams struct {
	Name             string   `param:"name,required" alias:"user" doc:"Name of the user."`
	State            string   `param:"state" choices:"absent,present" default:"present" doc:"Whether the account should exist."`
	UID              *int     `param:"uid" doc:"Number of the user."`
	NonUnique        bool     `param:"non_unique" default:"false" doc:"Allow a uid that another user has."`
	Group            *string  `param:"group" doc:"Primary group, by name or number."`
	Groups           []string `param:"groups" doc:"Groups that the user should be a member of; an empty list leaves only the primary group."`
	Append           bool     `param:"append" default:"false" doc:"Keep the groups that the user is in besides those given."`
	Comment          *string  `param:"comment" doc:"Description of the account, also known as GECOS."`
	Home             *string  `param:"home" type:"path" doc:"Home folder."`
	Shell            *string  `param:"shell" type:"path" doc:"Login shell."`
	Password         *string  `param:"password,secret" doc:"The password, already hashed by crypt; * and ! disable it."`
	UpdatePassword   string   `param:"update_password" choices:"always,on_create" default:"always" doc:"When to set the password."`
	PasswordLock     *bool    `param:"password_lock" doc:"Lock or unlock the password."`
	ExpireMax        *int     `param:"password_expire_max" doc:"Days after which the password must be changed."`
	ExpireMin        *int     `param:"password_expire_min" doc:"Days before which the password cannot be changed."`
	ExpireWarn       *int     `param:"password_expire_warn" doc:"Days of warning before the password expires."`
	ExpireDisable    *int     `param:"password_expire_account_disable" doc:"Days after the password expired until the account is disabled."`
	Expires          *float64 `param:"expires" doc:"When the account expires, in seconds since 1970; a negative number removes the date."`
	CreateHome       bool     `param:"create_home" alias:"createhome" default:"true" doc:"Make the home folder if it does not exist."`
	MoveHome         bool     `param:"move_home" default:"false" doc:"Move the content of the old home folder when home changes."`
	Skeleton         *string  `param:"skeleton" doc:"Folder whose content a new home folder gets."`
	Umask            *string  `param:"umask" doc:"Umask for a new home folder, in octal."`
	System           bool     `param:"system" default:"false" doc:"Make a new account a system account."`
	UIDMin           *int     `param:"uid_min" doc:"Smallest uid to choose for a new account."`
	UIDMax           *int     `param:"uid_max" doc:"Largest uid to choose for a new account."`
	Force            bool     `param:"force" default:"false" doc:"Remove an account that is in use; overwrite an existing SSH key."`
	Remove           bool     `param:"remove" default:"false" doc:"Remove the home folder and the mail with the account."`
	Local            bool     `param:"local" doc:"Look at and change the host's own files only, where names also come from a directory."`
	GenerateSSHKey   bool     `param:"generate_ssh_key" doc:"Make an SSH key for the user; an existing one is kept."`
	SSHKeyBits       int      `param:"ssh_key_bits" default:"0" doc:"Size of the key; ssh-keygen's default if 0."`
	SSHKeyType       string   `param:"ssh_key_type" default:"rsa" doc:"Kind of the key, such as rsa or ed25519."`
	SSHKeyFile       *string  `param:"ssh_key_file" type:"path" doc:"File of the key, relative to the home folder; .ssh/id_ and the type if not given."`
	SSHKeyComment    *string  `param:"ssh_key_comment" doc:"Comment of the key; it names the host if not given."`
	SSHKeyPassphrase *string  `param:"ssh_key_passphrase,secret" doc:"Passphrase that protects the key."`
	SEUser           *string  `param:"seuser" doc:"SELinux user of a new account."`
	LoginClass       *string  `param:"login_class" doc:"Ignored on Linux."`
	Profile          *string  `param:"profile" doc:"Ignored on Linux."`
	Authorization    *string  `param:"authorization" doc:"Ignored on Linux."`
	Role             *string  `param:"role" doc:"Ignored on Linux."`
	Hidden           *bool    `param:"hidden" doc:"Ignored on Linux."`
}

// User manages accounts.
func User() modules.Module {
	return modules.State[UserParams, UserState]{
		Info: modules.Info{
			Name:    "user",
			Summary: "Create, change and remove user accounts.",
			Notes: "useradd, usermod, userdel and their relatives do the work; where they are not installed, and with local, " +
				"the files in /etc are edited under their locks. Undo restores the account exactly, but not the files of a " +
				"home folder that was removed, nor an SSH key that was overwritten.",
			Undo: modules.UndoPartial,
			Examples: `
- name: Add a user with a group and a shell
  user:
    name: james
    shell: /bin/bash
    groups: admins,developers
    append: true
- name: Remove a user with everything
  user:
    name: johnd
    state: absent
    remove: true
`,
		},
		Validate: validateUser,
		Skip: func(ctx context.Context, r sys.Reader, p UserParams) (modules.Result, error) {
			warnUser(ctx, r, p)
			return nil, nil
		},
		Whole: func(p UserParams, from, want UserState) bool {
			return (!from.Exists || want.Exists || !p.Remove) && (from.Key == "" || from.Key == want.Key)
		},
		Unseen: true, // the files are written one after the other
		Read:   readUser, Want: wantUser, Apply: applyUser, Report: reportUser,
		Equal: equalUsers, Settled: settledUser, Same: equalUsers,
		Keep: func(_ context.Context, r sys.Reader, p UserParams, from *UserState, want UserState, keep modules.KeepFunc) (err error) {
			home := want.Home
			if p.Home != nil {
				home = *p.Home
			}
			from.Made = missing(r, path.Dir(home))
			from.Kept, err = keepRecord(r, p.Name, keep, allAccountFiles()...)
			return err
		},
		Carry: func(_ context.Context, _ sys.Reader, known UserState, got *UserState) error {
			if known.out != nil {
				got.out = known.out
			}
			return nil
		},
	}.Module()
}

func validateUser(p *UserParams) error {
	p.Groups = cleanGroups(p.Groups)
	switch {
	case p.Umask != nil && p.Local:
		return fmt.Errorf("'umask' can not be used with 'local'")
	case p.UIDMin != nil && p.Local:
		return fmt.Errorf("'uid_min' can not be used with 'local'")
	case p.UIDMax != nil && p.Local:
		return fmt.Errorf("'uid_max' can not be used with 'local'")
	case strings.ContainsAny(p.Name, ":\n/") || p.Name == "":
		return fmt.Errorf("%q is no name for a user", p.Name)
	}
	for _, text := range []*string{p.Comment, p.Home, p.Shell, p.Password} {
		if text != nil && strings.ContainsAny(*text, ":\n") && text != p.Password {
			return fmt.Errorf("user %s: comment, home and shell cannot contain a colon or a newline", p.Name)
		}
		if text == p.Password && text != nil && strings.ContainsAny(*text, ":\n") {
			return fmt.Errorf("user %s: the password cannot contain a colon or a newline", p.Name)
		}
	}
	return nil
}

// cleanGroups drops blanks and empty names; nil stays nil, which means that groups are left alone.
func cleanGroups(list []string) []string {
	if list == nil {
		return nil
	}
	out := []string{}
	for _, g := range list {
		if g = strings.TrimSpace(g); g != "" && !slices.Contains(out, g) {
			out = append(out, g)
		}
	}
	return out
}

// warnUser says what is odd about the parameters.
func warnUser(ctx context.Context, r sys.Reader, p UserParams) {
	if p.Groups == nil && p.Append {
		modules.Warn(ctx, "'append' is set, but no 'groups' are specified. Use 'groups' for appending new groups."+
			"This will change to an error in Ansible 2.14.")
	}
	if p.Password != nil && !looksHashed(*p.Password) {
		modules.Warn(ctx, "The input password appears not to have been hashed. "+
			"The 'password' argument must be encrypted for this module to work properly.")
	}
	d, err := openDatabase(r, passwdFile)
	if err == nil && p.Local && d.in(passwdFile).find(p.Name) < 0 {
		modules.Warn(ctx, "'local: true' specified and user '%[1]s' was not found in %[2]s. The local user account may already "+
			"exist if the local account database exists somewhere other than %[2]s.", p.Name, passwdFile)
	}
	if file, there := existingKey(r, p, d); there && !p.Force {
		modules.Warn(ctx, "Found existing ssh key private file \"%s\", no force, so skipping ssh-keygen generation", file)
	} else if there {
		modules.Warn(ctx, "Overwriting existing ssh key private file \"%s\"", file)
	}
}

// existingKey finds the key of a user that is there before the task.
func existingKey(r sys.Reader, p UserParams, d *database) (string, bool) {
	if !p.GenerateSSHKey || d == nil {
		return "", false
	}
	f := d.in(passwdFile).fields(p.Name)
	if len(f) < 7 {
		return "", false
	}
	home := f[5]
	if p.Home != nil {
		home = *p.Home
	}
	file := p.keyFile(home)
	_, err := r.Lstat(file)
	return file, err == nil
}

// looksHashed reports a password field as crypt makes them, or one that disables the password.
func looksHashed(password string) bool {
	switch password {
	case "", "*", "!", "*************":
		return true
	}
	parts := strings.Split(password, "$")
	if strings.ContainsAny(password, ":*!") || len(parts) < 3 {
		return false
	}
	last := parts[len(parts)-1]
	lengths := map[string]int{"1": 22, "5": 43, "6": 86}
	if want, known := lengths[parts[1]]; known && len(last) != want {
		return false
	}
	return !strings.ContainsFunc(last, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("./=", c)
	})
}
