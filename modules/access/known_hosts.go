package access

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// KnownHostsParams are the parameters of known_hosts.
type KnownHostsParams struct {
	Name     string `param:"name,required" alias:"host" doc:"The host, as it stands in the file; with [ ] and the port if that is not 22."`
	Key      string `param:"key" doc:"The host's line as the file has it: name, type and key."`
	Path     string `param:"path" type:"path" default:"~/.ssh/known_hosts" doc:"The file to manage."`
	HashHost bool   `param:"hash_host" default:"false" doc:"Write the name as a hash."`
	State    string `param:"state" choices:"absent,present" default:"present" doc:"Whether the key should be in the file; absent without a key removes all keys of the host."`
}

// KnownHostsState is a file of host keys.
type KnownHostsState struct {
	File fileState `json:"file"`

	key   string // the line to write
	names ownerNames
}

// KnownHosts manages the keys by which hosts are known to SSH.
func KnownHosts() modules.Module {
	return modules.State[KnownHostsParams, KnownHostsState]{
		Info: modules.Info{
			Name:    "known_hosts",
			Summary: "Add and remove host keys that SSH trusts.",
			Undo:    modules.UndoFull,
			Examples: `
- name: Know a host
  known_hosts:
    path: /etc/ssh/ssh_known_hosts
    name: foo.com.invalid
    key: "{{ lookup('file', 'pubkeys/foo.com.invalid') }}"
`,
		},
		Validate: validateKnownHosts,
		Read: func(ctx context.Context, r sys.Reader, p KnownHostsParams) (s KnownHostsState, err error) {
			if s.key, err = p.line(); err == nil {
				s.File, err = lookAtFile(r, p.Path)
			}
			s.names = namesOfOwner(ctx, r, s.File)
			return s, err
		},
		Want:  wantKnownHosts,
		Equal: func(a, b KnownHostsState) bool { return a.File == b.File },
		Apply: func(_ context.Context, s sys.System, p KnownHostsParams, _, to KnownHostsState) error {
			if err := putFile(s, p.Path, to.File); err != nil {
				return fmt.Errorf("Failed to write to file %s: %w", p.Path, err) //nolint:staticcheck // the words users know
			}
			return nil
		},
		Settled: func(_ KnownHostsParams, want, got KnownHostsState) bool {
			return want.File.Exists == got.File.Exists && want.File.Content == got.File.Content
		},
		Report: func(p KnownHostsParams, from, to KnownHostsState, _ bool) modules.Result {
			header := p.Path
			if !from.File.Exists {
				header = "/dev/null"
			}
			var key any
			if p.Key != "" {
				key = p.Key
			}
			res := modules.Result{"name": p.Name, "key": key, "path": p.Path, "hash_host": p.HashHost, "state": p.State,
				"diff": map[string]any{"before": from.File.Content, "after": to.File.Content, "before_header": header, "after_header": p.Path}}
			addPathInfo(res, to.File, to.names)
			return res
		},
	}.Module()
}

var severalNames = regexp.MustCompile(`\S+(\s+)?,(\s+)?`)

func validateKnownHosts(p *KnownHostsParams) error {
	p.Name = strings.ToLower(p.Name)
	switch {
	case p.Key == "" && p.State == "present":
		return fmt.Errorf("No key specified when adding a host") //nolint:staticcheck // the words users know
	case p.Key == "":
		return nil
	case severalNames.MatchString(p.Name):
		return fmt.Errorf("Comma separated list of names is not supported. Please pass a single name to lookup in the known_hosts file.") //nolint:staticcheck // likewise
	case strings.Contains(strings.TrimSpace(p.Key), "\n"):
		return fmt.Errorf("key must be one line")
	}
	if l, ok := parseKnownHost(p.Key); !ok || !l.names(p.Name) && !p.HashHost {
		return fmt.Errorf("Host parameter does not match hashed host field in supplied key") //nolint:staticcheck // likewise
	}
	return nil
}

// line is the line to write, its name hashed with a new salt if that is wanted.
func (p KnownHostsParams) line() (string, error) {
	key := p.Key
	if key == "" {
		return "", nil
	}
	if p.HashHost {
		hashed, err := hashHost(p.Name)
		if err != nil {
			return "", err
		}
		words := strings.Fields(key)
		at := 0
		if strings.HasPrefix(words[0], "@") {
			at = 1
		}
		words[at] = hashed
		key = strings.Join(words, " ")
	}
	return strings.TrimSuffix(key, "\n") + "\n", nil
}

func wantKnownHosts(p KnownHostsParams, now KnownHostsState) (KnownHostsState, error) {
	want := now
	content := editKnownHosts(p, now.key, now.File.Content)
	if content == now.File.Content && (now.File.Exists || content == "") {
		return want, nil
	}
	want.File.Content = content
	if !now.File.Exists {
		want.File = fileState{Exists: true, Content: content, Perm: 0o644, UID: -1, GID: -1}
	}
	return want, nil
}
