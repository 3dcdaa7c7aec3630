package packages

import (
	"context"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/musterhq/muster/internal/fetch"
	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

type aptKeyParams struct {
	ID            *string `param:"id" doc:"The key's identifier: 8, 16 or more hexadecimal digits."`
	URL           *string `param:"url" doc:"Where the key is downloaded from."`
	Data          *string `param:"data" doc:"The key itself."`
	File          *string `param:"file" type:"path" doc:"A file of the host that holds the key."`
	Keyring       *string `param:"keyring" type:"path" doc:"The key ring, instead of the usual one."`
	ValidateCerts bool    `param:"validate_certs" default:"true" doc:"Whether certificates are checked."`
	Keyserver     *string `param:"keyserver" doc:"The key server that has the key."`
	State         string  `param:"state" choices:"absent,present" default:"present" doc:"Whether the key is trusted."`
}

// keyState is the keys of a key ring, in the form that the task's identifier has.
type keyState struct {
	Keys []string `json:"keys"`
	ID   string   `json:"id"` // upper case, without 0x

	asked string
	data  []byte
}

// AptKey is the module apt_key.
func AptKey() modules.Module {
	return modules.State[aptKeyParams, keyState]{
		Info: modules.Info{
			Name:    "apt_key",
			Summary: "Adds and removes keys that apt trusts.",
			Notes:   "Works with apt-key and gpg, which newer releases lack: there, put the key into /etc/apt/keyrings and name it in the repository's line.",
			Undo:    modules.UndoPartial,
			Examples: `- name: Trust a key
  apt_key:
    url: https://apt.example.com/key.asc
    id: 36A1D7869245C8950F966E92D8576A8BA88D21E9
`,
		},
		Rules:    modules.Rules{Exclusive: [][]string{{"data", "file", "keyserver", "url"}}},
		Validate: validateKey,
		Read:     readKeys,
		Want:     wantKey,
		Apply:    applyKey,
		Equal:    func(a, b keyState) bool { return a.has() == b.has() },
		Report:   reportKey,
	}.Module()
}

func validateKey(p *aptKeyParams) error {
	if p.ID == nil && p.Keyserver != nil {
		return modules.Fail(nil, "Missing key_id, required with keyserver.")
	}
	if p.ID == nil && p.URL == nil && p.Data == nil && p.File == nil {
		return modules.Fail(nil, "Invalid key_id")
	}
	return nil
}

// normalID checks an identifier.
func normalID(id string) (string, bool) {
	id = strings.TrimPrefix(strings.ToUpper(id), "0X")
	ok := regexp.MustCompile(`^[0-9A-F]+$`).MatchString(id) && (len(id) == 8 || len(id) >= 16)
	return id, ok
}

// compared is the part of the identifier that key lists show.
func (s keyState) compared() string {
	if len(s.ID) > 16 {
		return s.ID[len(s.ID)-16:]
	}
	return s.ID
}

func (s keyState) has() bool { return slices.Contains(s.Keys, s.compared()) }

func readKeys(ctx context.Context, r sys.Reader, p aptKeyParams) (keyState, error) {
	var s keyState
	if _, err := r.LookPath("apt-key"); err != nil {
		return s, modules.Fail(nil, "Failed to find required executable \"apt-key\" in paths; put the key into /etc/apt/keyrings and name it in the repository's line (signed-by)")
	}
	if p.ID != nil {
		s.asked = *p.ID
	} else {
		id, data, err := foundID(ctx, r, p)
		if err != nil {
			return s, err
		}
		s.asked, s.data = id, data
	}
	var ok bool
	if s.ID, ok = normalID(s.asked); !ok {
		return s, modules.Fail(modules.Result{"id": s.asked}, "Invalid key_id")
	}
	out, err := r.Query(ctx, sys.Command{Argv: append(keyCommand(p), "adv", "--list-public-keys", "--keyid-format=long"), Env: aptEnv()})
	if err != nil {
		return s, err
	}
	if out.Code != 0 {
		return s, failure(out, "Unable to list public keys")
	}
	s.Keys = parseKeys(string(out.Stdout), len(s.ID) == 8)
	return s, nil
}

func keyCommand(p aptKeyParams) []string {
	if p.Keyring != nil {
		return []string{"apt-key", "--keyring", *p.Keyring}
	}
	return []string{"apt-key"}
}

// foundID takes the identifier from the key itself.
func foundID(ctx context.Context, r sys.Reader, p aptKeyParams) (string, []byte, error) {
	argv := []string{"gpg", "--with-colons"}
	data, err := keyData(ctx, r, p)
	if err != nil {
		return "", nil, err
	}
	c := sys.Command{Argv: append(argv, "-"), Env: aptEnv(), Stdin: strings.NewReader(string(data))}
	if data == nil {
		c = sys.Command{Argv: append(argv, *p.File), Env: aptEnv()}
	}
	out, err := r.Query(ctx, c)
	if err != nil {
		return "", nil, err
	}
	keys := parseKeys(string(out.Stdout), false)
	if out.Code != 0 || len(keys) == 0 {
		name := "inline data"
		if data == nil {
			name = *p.File
		}
		return "", nil, failure(out, "Unable to extract key from '%s'", name)
	}
	return keys[0], data, nil
}

const maxKey = 16 << 20

// keyData is the key as the task gives it or its URL; nil for a file.
func keyData(ctx context.Context, r sys.Reader, p aptKeyParams) ([]byte, error) {
	switch {
	case p.Data != nil:
		return []byte(*p.Data), nil
	case p.URL == nil:
		return nil, nil
	}
	resp, err := fetch.Do(ctx, r, fetch.Request{URL: *p.URL, Agent: "ansible-httpget", Timeout: 10 * time.Second, InsecureTLS: !p.ValidateCerts, UseProxy: true,
		Follow: fetch.FollowCompatible, Decompress: true})
	if err != nil {
		return nil, modules.Fail(nil, "Failed to download key at %s: %s", *p.URL, err.Error())
	}
	defer resp.Body.Close()
	if resp.Status != 200 && resp.Status != 0 {
		return nil, modules.Fail(nil, "Failed to download key at %s: %s", *p.URL, resp.Message)
	}
	return io.ReadAll(io.LimitReader(resp.Body, maxKey))
}

// parseKeys reads identifiers from what apt-key or gpg list; short cuts them to eight digits.
func parseKeys(out string, short bool) []string {
	keys := []string{}
	for _, line := range strings.Split(out, "\n") {
		if !strings.HasPrefix(line, "pub") && !strings.HasPrefix(line, "sub") || strings.Contains(line, "expired") {
			continue
		}
		key := ""
		if f := strings.Fields(line); len(f) > 1 && strings.Count(f[1], "/") == 1 {
			_, key, _ = strings.Cut(f[1], "/")
		} else if f := strings.Split(line, ":"); len(f) > 4 {
			key = f[4]
		}
		if key == "" {
			continue
		}
		if short && len(key) > 8 {
			key = key[len(key)-8:]
		}
		keys = append(keys, key)
	}
	return keys
}

func wantKey(p aptKeyParams, now keyState) (keyState, error) {
	want := now
	switch {
	case p.State == "present" && !now.has():
		want.Keys = append(slices.Clone(now.Keys), now.compared())
	case p.State == "absent":
		want.Keys = slices.DeleteFunc(slices.Clone(now.Keys), func(k string) bool { return k == now.compared() })
	}
	return want, nil
}

func applyKey(ctx context.Context, s sys.System, p aptKeyParams, from, to keyState) error {
	c := sys.Command{Env: aptEnv()}
	switch {
	case !to.has():
		c.Argv = append(keyCommand(p), "del", from.ID[max(len(from.ID)-8, 0):])
	case p.File != nil:
		c.Argv = append(keyCommand(p), "add", *p.File)
	case p.Keyserver != nil:
		c.Argv = append(keyCommand(p), "adv", "--no-tty", "--keyserver", *p.Keyserver, "--recv", to.ID)
	default:
		data := to.data
		if data == nil {
			var err error
			if data, err = keyData(ctx, s, p); err != nil {
				return err
			}
		}
		if data == nil {
			return modules.Fail(nil, "No key to add: give data, file, url or keyserver")
		}
		c.Argv, c.Stdin = append(keyCommand(p), "add", "-"), strings.NewReader(string(data))
	}
	out, err := s.Run(ctx, c)
	if err != nil {
		return err
	}
	if out.Code != 0 {
		return failure(out, "'%s' failed: %s", strings.Join(c.Argv, " "), strings.TrimSpace(string(out.Stderr)))
	}
	return nil
}

func reportKey(_ aptKeyParams, from, to keyState, changed bool) modules.Result {
	res := modules.Result{"id": from.asked, "key_id": from.ID, "short_id": from.ID[max(len(from.ID)-8, 0):], "fp": from.compared(), "before": from.Keys}
	if changed {
		res["after"] = to.Keys
	}
	return res
}
