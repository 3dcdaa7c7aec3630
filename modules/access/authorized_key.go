package access

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// AuthorizedKeyParams are the parameters of authorized_key.
type AuthorizedKeyParams struct {
	User          string  `param:"user,required" doc:"The user whose file is managed."`
	Key           string  `param:"key,required" doc:"Public keys, one a line, or the address that has them."`
	Path          *string `param:"path" type:"path" doc:"The file to manage instead of .ssh/authorized_keys in the user's home."`
	ManageDir     bool    `param:"manage_dir" default:"true" doc:"Make the file's folder, and give it to the user with mode 0700."`
	State         string  `param:"state" choices:"absent,present" default:"present" doc:"Whether the keys should be in the file."`
	KeyOptions    *string `param:"key_options" doc:"Options before each key."`
	Exclusive     bool    `param:"exclusive" default:"false" doc:"Remove every other key and line."`
	Comment       *string `param:"comment" doc:"Comment of the keys, instead of their own."`
	ValidateCerts bool    `param:"validate_certs" default:"true" doc:"Check the certificate of an address that has the keys."`
	Follow        bool    `param:"follow" default:"false" doc:"Write to the target of a link instead of replacing the link."`
}

// AuthorizedKeyState is a file of keys and the folder it lies in.
type AuthorizedKeyState struct {
	File fileState `json:"file"`
	Dir  fileState `json:"dir"`

	path, keys string
	uid, gid   int
	names      ownerNames
}

// fileState is what is known of a file or folder.
type fileState struct {
	Exists  bool   `json:"exists"`
	Content string `json:"content"`
	Link    string `json:"link,omitempty"` // the target, where the path is a link that will be replaced
	Perm    uint32 `json:"perm"`
	UID     int    `json:"uid"`
	GID     int    `json:"gid"`
}

func (p AuthorizedKeyParams) exclusiveKeys() bool { return p.Exclusive && p.State == "present" }

// AuthorizedKey manages who may log in with which SSH key.
func AuthorizedKey() modules.Module {
	return modules.State[AuthorizedKeyParams, AuthorizedKeyState]{
		Info: modules.Info{
			Name:    "authorized_key",
			Summary: "Add and remove the SSH keys that a user may log in with.",
			Aliases: []string{"ansible.posix.authorized_key"},
			Undo:    modules.UndoFull,
			Examples: `
- name: Let the holder of a key log in as charlie
  authorized_key:
    user: charlie
    key: "{{ lookup('file', '/home/charlie/.ssh/id_rsa.pub') }}"
`,
		},
		Read:  readAuthorizedKeys,
		Want:  wantAuthorizedKeys,
		Equal: func(a, b AuthorizedKeyState) bool { return a.File == b.File && a.Dir == b.Dir },
		Apply: func(ctx context.Context, s sys.System, p AuthorizedKeyParams, from, to AuthorizedKeyState) error {
			return applyAuthorizedKeys(ctx, s, p, from, to)
		},
		Diff: func(_ context.Context, _ sys.Reader, _ AuthorizedKeyParams, from, to AuthorizedKeyState) (any, error) {
			if from.File == to.File {
				return nil, nil
			}
			return map[string]any{"before": from.File.Content, "after": to.File.Content, "before_header": from.path, "after_header": to.path}, nil
		},
		Report: reportAuthorizedKeys,
	}.Module()
}

func readAuthorizedKeys(ctx context.Context, r sys.Reader, p AuthorizedKeyParams) (AuthorizedKeyState, error) {
	var s AuthorizedKeyState
	account, known := sys.NewAccounts(ctx, r).UserByName(p.User)
	switch check := modules.CheckMode(ctx); {
	case known || check && p.Path != nil || modules.Undoing(ctx):
	case check:
		return s, fmt.Errorf("Either user must exist or you must provide full path to key file in check mode") //nolint:staticcheck // the words users know
	default:
		return s, fmt.Errorf("Failed to lookup user %s: \"getpwnam(): name not found: '%s'\"", p.User, p.User) //nolint:staticcheck // likewise
	}
	s.uid, s.gid = account.UID, account.GID
	s.path = path.Join(account.Home, ".ssh", "authorized_keys")
	if p.Path != nil {
		s.path = *p.Path
	}
	if p.Follow {
		s.path = resolveLinks(r, s.path)
	}
	s.keys = p.Key
	if strings.HasPrefix(p.Key, "http") && !modules.Undoing(ctx) {
		var err error
		if s.keys, err = fetchKeys(ctx, r, p.Key, p.ValidateCerts); err != nil {
			return s, fmt.Errorf("Error getting key from: %s: %w", p.Key, err) //nolint:staticcheck // likewise
		}
	}
	var err error
	if s.File, err = lookAtFile(r, s.path); err == nil {
		s.Dir, err = lookAtFile(r, path.Dir(s.path))
	}
	s.names = namesOfOwner(ctx, r, s.File)
	return s, err
}

// lookAtFile reads a file that may not exist; of a folder only mode and owner.
func lookAtFile(r sys.Reader, file string) (fileState, error) {
	st, err := r.Stat(file)
	if err != nil {
		return fileState{}, nil //nolint:nilerr // what is not there is a state too
	}
	s := fileState{Exists: true, Perm: st.Perm, UID: st.UID, GID: st.GID}
	if target, err := r.Readlink(file); err == nil {
		s.Link = target
	}
	if !st.IsRegular() {
		return s, nil
	}
	data, err := r.ReadFile(file)
	if err != nil {
		return s, fmt.Errorf("read %s: %w", file, err)
	}
	s.Content = string(data)
	return s, nil
}

func wantAuthorizedKeys(p AuthorizedKeyParams, now AuthorizedKeyState) (AuthorizedKeyState, error) {
	want := now
	content, changed, err := p.edit(now.keys, now.File.Content)
	if err != nil || !changed || content == now.File.Content && now.File.Exists {
		return want, err
	}
	want.File = fileState{Exists: true, Content: content, Perm: 0o600, UID: now.uid, GID: now.gid}
	switch {
	case p.ManageDir:
		want.Dir = fileState{Exists: true, Perm: 0o700, UID: now.uid, GID: now.gid, Link: now.Dir.Link}
	case !now.Dir.Exists:
		want.Dir = fileState{Exists: true, Perm: 0o755}
	}
	return want, nil
}

func applyAuthorizedKeys(ctx context.Context, s sys.System, p AuthorizedKeyParams, from, to AuthorizedKeyState) error {
	file := to.path
	if file == "" { // a state out of the journal does not hold it
		file = from.path
	}
	dir := path.Dir(file)
	if to.Dir.Exists && !from.Dir.Exists {
		if err := makeKeyDir(s, p, dir); err != nil {
			return fmt.Errorf("Failed to create directory %s : %w", dir, err) //nolint:staticcheck // the words users know
		}
	}
	if to.Dir.Exists && (from.Dir.Perm != to.Dir.Perm || from.Dir.UID != to.Dir.UID || from.Dir.GID != to.Dir.GID) {
		if err := s.Chmod(dir, to.Dir.Perm); err != nil {
			return fmt.Errorf("folder of the keys: %w", err)
		}
		if err := s.Lchown(resolveLinks(s, dir), to.Dir.UID, to.Dir.GID); err != nil {
			return fmt.Errorf("folder of the keys: %w", err)
		}
	}
	if err := putFile(s, file, to.File); err != nil {
		return fmt.Errorf("authorized keys: %w", err)
	}
	if modules.Undoing(ctx) && !to.Dir.Exists && from.Dir.Exists {
		if entries, err := s.ReadDir(dir); err == nil && len(entries) == 0 {
			return s.Remove(dir)
		}
	}
	return nil
}

func makeKeyDir(s sys.System, p AuthorizedKeyParams, dir string) error {
	if p.ManageDir {
		return s.Mkdir(dir, 0o700)
	}
	return mkdirAll(s, dir)
}

// putFile makes a file as a state has it.
func putFile(s sys.System, file string, to fileState) error {
	if !to.Exists {
		if err := s.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	if to.Link != "" {
		if target, err := s.Readlink(file); err != nil || target != to.Link {
			if err := s.Remove(file); err != nil {
				return err
			}
			if err := s.Symlink(to.Link, file); err != nil {
				return err
			}
		}
		file = resolveLinks(s, file)
	}
	return s.WriteFile(file, strings.NewReader(to.Content), sys.WriteOptions{Perm: to.Perm, UID: to.UID, GID: to.GID})
}

func reportAuthorizedKeys(p AuthorizedKeyParams, _, to AuthorizedKeyState, _ bool) modules.Result {
	text := func(s *string) any {
		if s == nil {
			return nil
		}
		return *s
	}
	res := modules.Result{"user": p.User, "key": p.Key, "path": text(p.Path), "manage_dir": p.ManageDir, "state": p.State,
		"key_options": text(p.KeyOptions), "exclusive": p.Exclusive, "comment": text(p.Comment), "validate_certs": p.ValidateCerts,
		"follow": p.Follow, "keyfile": to.path}
	if p.Path != nil {
		addPathInfo(res, to.File, to.names)
	}
	return res
}
