package access

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
	"github.com/musterhq/muster/modules/tree"
)

// KeypairParams are the parameters of openssh_keypair.
type KeypairParams struct {
	Path       string  `param:"path,required" type:"path" doc:"The private key; the public one lies beside it, with .pub at its end."`
	State      string  `param:"state" choices:"present,absent" default:"present" doc:"Whether the keys should be there."`
	Type       string  `param:"type" choices:"rsa,dsa,rsa1,ecdsa,ed25519" default:"rsa" doc:"The kind of key."`
	Size       *int    `param:"size" doc:"Its bits; by default 4096 for rsa, 256 for ecdsa."`
	Comment    *string `param:"comment" doc:"A comment in the public key."`
	Force      bool    `param:"force" default:"false" doc:"Whether to make new keys in any case."`
	Regenerate string  `param:"regenerate" choices:"never,fail,partial_idempotence,full_idempotence,always" default:"partial_idempotence" doc:"What happens to keys that are not as wanted: never leaves them, fail fails, partial_idempotence makes new ones unless they cannot be read, full_idempotence then too, always makes new ones in any case."`
	Format     string  `param:"private_key_format" choices:"auto,pkcs1,pkcs8,ssh" default:"auto" doc:"The form of a new private key."`
	Backend    string  `param:"backend" choices:"auto,cryptography,opensshbin" default:"auto" doc:"Accepted for Ansible's sake; ssh-keygen of the host is used."`
	Passphrase *string `param:"passphrase,secret" doc:"Not supported: keys that services use have none."`
	tree.Attrs
}

// KeypairState is the pair of files, the private key first, and what ssh-keygen says of them.
type KeypairState struct {
	tree.State
	Type        string `json:"type,omitempty"`
	Size        int    `json:"size,omitempty"`
	Fingerprint string `json:"fingerprint,omitempty"`
	Public      string `json:"public,omitempty"`   // the public key's file, without the end of the line
	Matching    string `json:"matching,omitempty"` // the public key that belongs to the private one
	New         bool   `json:"new,omitempty"`      // of a wanted state: keys are to be made
}

// OpensshKeypair makes key pairs for SSH.
func OpensshKeypair() modules.Module {
	return modules.State[KeypairParams, KeypairState]{
		Info: modules.Info{
			Name: "openssh_keypair", Summary: "Make pairs of keys for SSH.", Undo: modules.UndoFull, Aliases: []string{"community.crypto.openssh_keypair"},
			Examples: `- name: A key for the backups
  openssh_keypair:
    path: /root/.ssh/backup
    type: ed25519
    comment: backup
`,
		},
		Validate: validateKeypair,
		Read:     readKeypair,
		Want:     wantKeypair,
		Apply:    applyKeypair,
		Report:   reportKeypair,
		Diff: func(_ context.Context, _ sys.Reader, p KeypairParams, from, to KeypairState) (any, error) {
			return map[string]any{"before": describeKeypair(from), "after": describeKeypair(to)}, nil
		},
		Equal: func(a, b KeypairState) bool { return a.New == b.New && tree.Equal(a.State, b.State) },
		Settled: func(p KeypairParams, want, got KeypairState) bool {
			if want.New { // the content is known now only
				for i := range want.Nodes {
					want.Nodes[i].SetContentOf(got.Nodes[i])
				}
				return got.Type == p.Type && got.Size == p.bits() && tree.Settled(want.State, got.State)
			}
			return tree.Settled(want.State, got.State)
		},
		Same: func(a, b KeypairState) bool { return tree.Same(a.State, b.State) },
		Keep: func(ctx context.Context, r sys.Reader, _ KeypairParams, from *KeypairState, want KeypairState, keep modules.KeepFunc) error {
			return tree.Keep(ctx, r, &from.State, want.State, keep)
		},
		Carry: func(ctx context.Context, r sys.Reader, known KeypairState, got *KeypairState) error {
			return tree.Carry(ctx, r, known.State, &got.State)
		},
	}.Module()
}

// bits is the wanted size.
func (p KeypairParams) bits() int {
	switch {
	case p.Type == "ed25519":
		return 256
	case p.Size != nil:
		return *p.Size
	}
	return map[string]int{"rsa": 4096, "rsa1": 4096, "dsa": 1024, "ecdsa": 256}[p.Type]
}

func validateKeypair(p *KeypairParams) error {
	bits := p.bits()
	switch {
	case p.Passphrase != nil && *p.Passphrase != "":
		return fmt.Errorf("passphrase: keys with a passphrase are not supported")
	case strings.HasPrefix(p.Type, "rsa") && bits < 1024:
		return fmt.Errorf("For RSA keys, the minimum size is 1024 bits and the default is 4096 bits. Attempting to use bit lengths under 1024 will cause the module to fail.") //nolint:staticcheck // the words users know
	case p.Type == "dsa" && bits != 1024:
		return fmt.Errorf("DSA keys must be exactly 1024 bits as specified by FIPS 186-2.") //nolint:staticcheck // the words users know
	case p.Type == "ecdsa" && bits != 256 && bits != 384 && bits != 521:
		return fmt.Errorf("size: an ECDSA key has 256, 384 or 521 bits")
	case p.Comment != nil && strings.ContainsAny(*p.Comment, "\r\n"):
		return fmt.Errorf("comment must be one line")
	}
	if p.Force {
		p.Regenerate = "always"
	}
	return nil
}

func readKeypair(ctx context.Context, r sys.Reader, p KeypairParams) (KeypairState, error) {
	var s KeypairState
	if st, err := r.Stat(path.Dir(p.Path)); err != nil || !st.IsDir() {
		return s, modules.Fail(nil, "The directory %s does not exist or the file is not a directory", path.Dir(p.Path))
	}
	if st, err := r.Stat(p.Path); err == nil && st.IsDir() {
		return s, modules.Fail(nil, "%s is a directory. Please specify a path to a file.", p.Path)
	}
	var err error
	if s.State, err = tree.Begin(ctx, r, p.Attrs, p.Path); err != nil {
		return s, err
	}
	for _, file := range []string{p.Path, p.Path + ".pub"} {
		n, err := tree.ReadNode(ctx, r, file, tree.Look{Load: true}.For(p.Attrs))
		if err != nil {
			return s, err
		}
		s.Nodes = append(s.Nodes, n)
	}
	s.Public = strings.TrimRight(string(s.Nodes[1].Data()), "\r\n")
	if !s.Nodes[0].Exists() {
		return s, nil
	}
	return s, s.inspect(ctx, r, p.Path)
}

// listedKey is what ssh-keygen -l prints: bits, fingerprint, comment and type.
var listedKey = regexp.MustCompile(`^(\d+) (\S+) .*\((\S+?)(?:-CERT)?\)\s*$`)

// inspect asks ssh-keygen about the private key; one that it cannot read has no type.
func (s *KeypairState) inspect(ctx context.Context, r sys.Reader, file string) error {
	out, err := r.Query(ctx, sys.Command{Argv: []string{"ssh-keygen", "-P", "", "-y", "-f", file}, Env: map[string]string{"LC_ALL": "C"}})
	if err != nil {
		return err
	}
	if out.Code != 0 {
		return nil
	}
	s.Matching = strings.TrimSpace(string(out.Stdout))
	if out, err = r.Query(ctx, sys.Command{Argv: []string{"ssh-keygen", "-l", "-f", file}, Env: map[string]string{"LC_ALL": "C"}}); err != nil {
		return err
	}
	if m := listedKey.FindStringSubmatch(string(out.Stdout)); m != nil && out.Code == 0 {
		s.Size, err = strconv.Atoi(m[1])
		s.Fingerprint, s.Type = m[2], strings.ToLower(m[3])
	}
	return err
}

// keyOnly is a public key without its comment.
func keyOnly(line string) string {
	words := strings.Fields(line)
	return strings.Join(words[:min(2, len(words))], " ")
}

// keyComment is the rest.
func keyComment(line string) string {
	words := strings.SplitN(line, " ", 3)
	if len(words) < 3 {
		return ""
	}
	return words[2]
}

func wantKeypair(p KeypairParams, now KeypairState) (KeypairState, error) {
	want := now
	want.State = now.Clone()
	if p.State == "absent" {
		for i := range want.Nodes {
			if want.Nodes[i].Exists() {
				want.Nodes[i].Remove()
			}
		}
		return want, nil
	}
	if now.Nodes[0].Exists() && now.Type == "" && p.Regenerate != "full_idempotence" && p.Regenerate != "always" {
		return want, modules.Fail(nil, "Unable to read the key. The key is protected with a passphrase or broken. Will not proceed. "+
			"To force regeneration, call the module with `generate` set to `full_idempotence` or `always`, or with `force=true`.")
	}
	good := now.Type == p.Type && now.Size == p.bits()
	if p.Regenerate == "fail" && now.Nodes[0].Exists() && !good {
		return want, modules.Fail(nil, "Key has wrong type and/or size. Will not proceed. To force regeneration, call the module with `generate` set to "+
			"`partial_idempotence`, `full_idempotence` or `always`, or with `force=true`.")
	}
	switch {
	case now.Type == "" || p.Regenerate == "always" || p.Regenerate != "never" && !good:
		want.New, want.Type, want.Size, want.Fingerprint, want.Public = true, p.Type, p.bits(), "", ""
		for i, perm := range []uint32{0o600, 0o644} {
			n := &want.Nodes[i]
			if !n.Exists() {
				n.Make(tree.File)
				n.Perm = perm
			}
			n.SetSource("", "to be made", 0)
			want.Rewrite(n)
		}
	case keyOnly(now.Public) != keyOnly(now.Matching) || p.Comment != nil && *p.Comment != keyComment(now.Public):
		want.restorePublic(p)
	}
	for i := range want.Nodes {
		want.Attributes(p.Attrs, &want.Nodes[i])
	}
	return want, nil
}

// restorePublic makes the public key of the private one.
func (s *KeypairState) restorePublic(p KeypairParams) {
	s.Public = keyOnly(s.Matching)
	if p.Comment != nil && *p.Comment != "" {
		s.Public += " " + *p.Comment
	}
	n := &s.Nodes[1]
	if !n.Exists() {
		n.Make(tree.File)
		n.Perm = 0o644
	}
	n.SetData([]byte(s.Public + "\n"))
	s.Rewrite(n)
}

func applyKeypair(ctx context.Context, s sys.System, p KeypairParams, from, to KeypairState) (err error) {
	change := tree.Change{Unsafe: p.UnsafeWrites}
	if !to.New || modules.Undoing(ctx) {
		return change.Apply(ctx, s, from.State, to.State)
	}
	dir, err := s.TempDir("", "muster-key-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.RemoveAll(dir)) }()
	file := path.Join(dir, path.Base(p.Path))
	if err := p.generate(ctx, s, file); err != nil {
		return err
	}
	filled := to
	filled.State = to.Clone()
	for i, name := range []string{file, file + ".pub"} {
		sum, size, err := tree.Digest(s, name)
		if err != nil {
			return err
		}
		filled.Nodes[i].SetSource(name, sum, size)
	}
	return change.Apply(ctx, s, from.State, filled.State)
}

func (p KeypairParams) generate(ctx context.Context, s sys.System, file string) error {
	argv := []string{"ssh-keygen", "-q", "-N", "", "-b", strconv.Itoa(p.bits()), "-t", p.Type, "-f", file}
	if p.Comment != nil {
		argv = append(argv, "-C", *p.Comment)
	}
	switch p.Format {
	case "pkcs1":
		argv = append(argv, "-m", "PEM")
	case "pkcs8":
		argv = append(argv, "-m", "PKCS8")
	}
	if err := program(ctx, s, modules.Result{"rc": 0}, nil, sys.Command{Argv: argv}); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("ssh-keygen is not on the host: %w", err)
		}
		return err
	}
	return nil
}

func describeKeypair(s KeypairState) map[string]any {
	d := map[string]any{}
	if len(s.Nodes) > 0 && s.Nodes[0].Exists() {
		d["type"], d["size"], d["fingerprint"] = s.Type, s.Size, s.Fingerprint
	}
	if s.Public != "" {
		d["public_key"], d["comment"] = keyOnly(s.Public), keyComment(s.Public)
	}
	return d
}

func reportKeypair(p KeypairParams, from, to KeypairState, _ bool) modules.Result {
	shown := to
	if to.New || p.State == "absent" { // in check mode, and of keys that are gone: what was there
		shown = from
	}
	return modules.Result{"type": p.Type, "size": p.bits(), "filename": p.Path, "fingerprint": shown.Fingerprint,
		"public_key": keyOnly(shown.Public), "comment": keyComment(shown.Public)}
}
