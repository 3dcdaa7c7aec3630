package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/musterhq/muster/internal/diag"
	"github.com/musterhq/muster/internal/settings"
)

// configOptions are the flags of muster config.
type configOptions struct {
	changed bool
	json    bool
	names   []string
}

func newConfigCmd(io *streams) *cobra.Command {
	o := &configOptions{}
	cmd := &cobra.Command{
		Use:   "config [SETTING...]",
		Short: "Show the settings and where each of them comes from",
		Long: `Show every setting, its value and where that comes from. Names may be parts of the names of settings.

What wins, from the strongest: flags; environment variables (ANSIBLE_… and MUSTER_…); muster.toml, for muster's own settings;
ansible.cfg; defaults. One file of each kind is read, the first of
  muster.toml: the file named by MUSTER_CONFIG, muster.toml in the working folder, muster/muster.toml in XDG_CONFIG_HOME or
               ~/.config, /etc/muster/muster.toml
  ansible.cfg: the file named by ANSIBLE_CONFIG, ansible.cfg in the working folder, ~/.ansible.cfg, /etc/ansible/ansible.cfg
A file in a working folder that anybody may write to is not read.` + exitHelpLocal,
		Example: "  muster config --changed\n  muster config forks become\n  muster config --json MUSTER_TUI",
		RunE: func(_ *cobra.Command, args []string) error {
			o.names = args
			return runConfig(io, o)
		},
	}
	cmd.Flags().BoolVar(&o.changed, "changed", false, "only settings that are not at their default")
	cmd.Flags().BoolVar(&o.json, "json", false, "print JSON: name, value, origin, file and line")
	return cmd
}

// shownSetting is a setting as --json prints it.
type shownSetting struct {
	Name   string `json:"name"`
	Value  any    `json:"value"`
	Origin string `json:"origin"`
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
}

func runConfig(io *streams, o *configOptions) error {
	s, found := settings.Load(io.env, io.dir)
	if err := showWarnings(io, found); err != nil {
		return err
	}
	list, err := selectSettings(s, o)
	if err != nil {
		return err
	}
	if o.json {
		enc := json.NewEncoder(io.out)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		return enc.Encode(list)
	}
	for _, file := range []struct{ what, path string }{{"ansible.cfg", s.ConfigFile}, {"muster.toml", s.OwnFile}} {
		fmt.Fprintf(io.out, "# %s: %s\n", file.what, orElse(file.path, "none was found"))
	}
	for _, x := range list {
		fmt.Fprintf(io.out, "%s(%s) = %s\n", x.Name, originText(io, x), settingText(x.Value))
	}
	return nil
}

// selectSettings are the settings that the user asks for; passwords among them are hidden.
func selectSettings(s *settings.Settings, o *configOptions) ([]shownSetting, error) {
	out := []shownSetting{}
	hit := map[string]bool{}
	var all []string
	for _, x := range s.All() {
		all = append(all, x.Name)
		if !wantedSetting(x.Name, o.names, hit) || o.changed && x.Origin.Text == "default" {
			continue
		}
		shown := shownSetting{Name: x.Name, Value: x.Value, Origin: x.Origin.Text, Line: x.Origin.Pos.Line}
		if x.Origin.Pos.Line > 0 {
			shown.Origin, shown.File = "file", x.Origin.Pos.File
		}
		if strings.HasSuffix(x.Name, "_pass") && x.Value != nil {
			shown.Value = "(hidden)"
		}
		out = append(out, shown)
	}
	for _, name := range o.names {
		if hit[name] {
			continue
		}
		if near := diag.Suggest(strings.ToUpper(name), all); near != "" {
			return nil, fmt.Errorf("there is no setting %s; did you mean %s?", name, near)
		}
		return nil, fmt.Errorf("there is no setting %s; `muster config` lists all", name)
	}
	return out, nil
}

func wantedSetting(name string, parts []string, hit map[string]bool) bool {
	wanted := len(parts) == 0
	for _, p := range parts {
		if strings.Contains(strings.ToLower(name), strings.ToLower(p)) {
			hit[p], wanted = true, true
		}
	}
	return wanted
}

// originText is where a value comes from, with files below the working folder named from there.
func originText(io *streams, x shownSetting) string {
	if x.File == "" {
		return x.Origin
	}
	file := x.File
	if rel, err := filepath.Rel(io.dir, file); err == nil && filepath.IsLocal(rel) {
		file = rel
	}
	return fmt.Sprintf("%s:%d", file, x.Line)
}

// settingText is a value on one line.
func settingText(v any) string {
	switch v := v.(type) {
	case nil:
		return "(none)"
	case string:
		return v
	default:
		return variableText(v)
	}
}
