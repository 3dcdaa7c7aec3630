package access

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// UFWState is what ufw's files say. Those of a wanted state are as they are: only ufw knows how it would write them.
type UFWState struct {
	Enabled  bool                `json:"enabled"`
	Level    string              `json:"level"`    // of the log
	Defaults map[string]string   `json:"defaults"` // incoming, outgoing, routed: allow, deny, reject
	V4       []string            `json:"v4"`       // rules, as ufw notes them in its files
	V6       []string            `json:"v6"`
	Files    map[string]keptFile `json:"files,omitempty"` // as they were
	Again    bool                `json:"again,omitempty"` // of a wanted state: what was asked for always counts as a change

	dryV4, dryV6 []string // what ufw says the rules would be; nil where it says nothing of them
	commands     []string
}

const (
	ufwFolder   = "/etc/ufw"
	ufwConf     = ufwFolder + "/ufw.conf"
	ufwRules    = ufwFolder + "/user.rules"
	ufwRules6   = ufwFolder + "/user6.rules"
	ufwDefaults = "/etc/default/ufw"
	ufwTuple    = "### tuple ### "
)

// ufwPolicies are the names of ufw's defaults in its file and in its commands.
var ufwPolicies = map[string]string{"incoming": "DEFAULT_INPUT_POLICY", "outgoing": "DEFAULT_OUTPUT_POLICY", "routed": "DEFAULT_FORWARD_POLICY"}

func readUFW(ctx context.Context, r sys.Reader, p UFWParams) (UFWState, error) {
	s := UFWState{Defaults: map[string]string{}, Files: map[string]keptFile{}}
	if !hasProgram(r, "ufw") {
		return s, fmt.Errorf("ufw is not on this host: its package is missing")
	}
	for _, name := range []string{ufwConf, ufwRules, ufwRules6, ufwDefaults} {
		data, err := r.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return s, err
		}
		st, err := r.Stat(name)
		if err != nil {
			return s, err
		}
		s.Files[name] = keptFile{Text: string(data), Perm: st.Perm, UID: st.UID, GID: st.GID}
	}
	s.Enabled = ufwSetting(s.Files[ufwConf].Text, "ENABLED") == "yes"
	s.Level = ufwSetting(s.Files[ufwConf].Text, "LOGLEVEL")
	for chain, name := range ufwPolicies {
		policy := ufwSetting(s.Files[ufwDefaults].Text, name)
		s.Defaults[chain] = map[string]string{"ACCEPT": "allow", "DROP": "deny", "REJECT": "reject"}[policy]
	}
	s.V4, s.V6 = tuples(s.Files[ufwRules].Text), tuples(s.Files[ufwRules6].Text)
	s.commands = spoken(p.commands(s))
	if p.Rule == nil || modules.Undoing(ctx) || p.is(p.State, "reset") {
		return s, nil
	}
	out, err := r.Query(ctx, ufwCommand(p.rule(s, true)))
	if err != nil {
		return s, err
	}
	if out.Code != 0 {
		return s, modules.Fail(modules.Result{"commands": s.commands}, "%s", strings.TrimSpace(string(out.Stderr)+string(out.Stdout)))
	}
	s.dryV4, s.dryV6 = dryTuples(string(out.Stdout))
	return s, nil
}

func ufwCommand(argv []string) sys.Command {
	return sys.Command{Argv: argv, Env: map[string]string{"LANG": "C", "LC_ALL": "C"}}
}

// ufwSetting is the value of NAME=VALUE in a file that a shell could read.
func ufwSetting(text, name string) string {
	value := ""
	for line := range strings.Lines(text) {
		if v, ok := strings.CutPrefix(strings.TrimSpace(line), name+"="); ok {
			value = strings.Trim(v, `"'`)
		}
	}
	return value
}

// tuples are the rules of a file of ufw's.
func tuples(text string) []string {
	list := []string{}
	for line := range strings.Lines(text) {
		if rule, ok := strings.CutPrefix(line, ufwTuple); ok {
			list = append(list, strings.TrimSpace(rule))
		}
	}
	return list
}

// dryTuples are the rules of the files that ufw --dry-run shows; nil for one that it does not show.
func dryTuples(text string) (v4, v6 []string) {
	for _, file := range strings.Split(text, "*filter\n")[1:] {
		if strings.HasPrefix(file, ":ufw6-") {
			v6 = tuples(file)
		} else {
			v4 = tuples(file)
		}
	}
	return v4, v6
}

func wantUFW(p UFWParams, now UFWState) (UFWState, error) {
	want := now
	want.Defaults = maps.Clone(now.Defaults)
	switch {
	case p.is(p.State, "enabled", "disabled"):
		want.Enabled = *p.State == "enabled"
	case p.is(p.State, "reloaded", "reset"):
		want.Again = true
	}
	if p.Default != nil {
		want.Defaults[p.chain()] = *p.Default
	}
	if now.dryV4 != nil {
		want.V4 = now.dryV4
	}
	if now.dryV6 != nil {
		want.V6 = now.dryV6
	}
	switch {
	case p.is(p.Logging, "on") && now.Level != "off" && now.Level != "":
	case p.is(p.Logging, "on"):
		want.Level = "low"
	case p.Logging != nil:
		want.Level = *p.Logging
	}
	return want, nil
}

func applyUFW(ctx context.Context, s sys.System, p UFWParams, from, to UFWState) error {
	if modules.Undoing(ctx) {
		return restoreUFW(ctx, s, from, to)
	}
	for _, argv := range p.commands(from) {
		if err := program(ctx, s, modules.Result{"commands": from.commands}, nil, ufwCommand(argv)); err != nil {
			return err
		}
	}
	return nil
}

// restoreUFW brings the files back and makes the running firewall what they say.
func restoreUFW(ctx context.Context, s sys.System, from, to UFWState) error {
	if from.Enabled && !to.Enabled {
		if err := program(ctx, s, modules.Result{}, nil, ufwCommand([]string{"ufw", "-f", "disable"})); err != nil {
			return err
		}
	}
	for name := range from.Files {
		if _, had := to.Files[name]; !had {
			if err := restoreFile(s, name, nil); err != nil {
				return err
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(to.Files)) {
		f := to.Files[name]
		if err := restoreFile(s, name, &f); err != nil {
			return err
		}
	}
	if !to.Enabled {
		return nil
	}
	load := []string{"ufw", "reload"}
	if !from.Enabled {
		load = []string{"ufw", "-f", "enable"}
	}
	return program(ctx, s, modules.Result{}, nil, ufwCommand(load))
}

// pending says whether ufw would still change rules. What it announced need not be exactly what it did: a rule with limit
// is announced for IPv4 alone.
func (s UFWState) pending() bool {
	return s.dryV4 != nil && !slices.Equal(s.dryV4, s.V4) || s.dryV6 != nil && !slices.Equal(s.dryV6, s.V6)
}

// text tells the state apart from others.
func (s UFWState) text() string {
	var b strings.Builder
	b.WriteString(s.status() + "\n")
	for _, rule := range s.V4 {
		b.WriteString(rule + "\n")
	}
	for _, rule := range s.V6 {
		b.WriteString(rule + " (v6)\n")
	}
	return b.String()
}

// status says what the firewall does but for its rules.
func (s UFWState) status() string {
	running := "inactive"
	if s.Enabled {
		running = "active"
	}
	return fmt.Sprintf("Status: %s\nLogging: %s\nDefault: %s (incoming), %s (outgoing), %s (routed)",
		running, s.Level, s.Defaults["incoming"], s.Defaults["outgoing"], s.Defaults["routed"])
}
