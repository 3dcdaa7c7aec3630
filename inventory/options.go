package inventory

import (
	"io"
	"os/exec"
	"time"

	"github.com/musterhq/muster/internal/settings"
)

// Options say how sources are read. The zero value is Ansible's defaults.
type Options struct {
	Dir     string // relative sources count from here; "" is the working folder
	Decrypt func(text string) (string, error)

	HashBehaviour       string   // replace (default) or merge: what happens to mappings that several places define
	Precedence          []string // VARIABLE_PRECEDENCE
	VarsExtensions      []string // of files in group_vars and host_vars: .yml .yaml .json
	Enabled             []string // how sources may be read, in order: host_list script auto yaml ini toml
	YAMLExtensions      []string // of YAML inventories
	IgnoreExtensions    []string // files of a folder that are no sources, by the end of their name
	IgnorePatterns      []string // and by regular expressions
	DuplicateKeys       string   // warn (default), error or ignore: keys that stand twice in a mapping
	TransformGroupNames string   // never (default), always, ignore or silently
	PatternMismatch     string   // warning (default), error or ignore: a pattern that matches nothing

	NoUnparsedWarning   bool // say nothing when no source could be read
	UnparsedIsFailed    bool // that is an error
	AnyUnparsedIsFailed bool // so is any single source that cannot be read

	ScriptTimeout time.Duration // how long an inventory script may run; 0 is 10 minutes
	HideStderr    bool          // do not show what scripts that succeed write to standard error
	Stderr        io.Writer     // where it is shown; nil discards it
	Env           []string      // the environment of scripts; nil is the process's own
	Python        string        // ansible_python_interpreter of the implicit localhost; "" looks for python3

	// Evaluate renders a template with variables, for sources of the kinds constructed and generator; nil refuses them.
	Evaluate Evaluator
}

// FromSettings takes the options that ansible.cfg and the environment decide.
func FromSettings(s *settings.Settings) Options {
	return Options{
		HashBehaviour:       s.HashBehaviour,
		Precedence:          s.VariablePrecedence,
		VarsExtensions:      s.YAMLExtensions,
		Enabled:             s.InventoryEnabled,
		YAMLExtensions:      s.InventoryYAMLExtensions,
		IgnoreExtensions:    s.InventoryIgnoreExts,
		IgnorePatterns:      s.InventoryIgnorePatterns,
		DuplicateKeys:       s.DuplicateDictKey,
		TransformGroupNames: s.TransformGroupNames,
		PatternMismatch:     s.HostPatternMismatch,
		NoUnparsedWarning:   !s.InventoryUnparsedWarning,
		UnparsedIsFailed:    s.InventoryUnparsedFailed,
		AnyUnparsedIsFailed: s.InventoryAnyUnparsedFail,
		HideStderr:          !s.InventoryScriptStderr,
	}
}

// withDefaults fills what is not set.
func (o Options) withDefaults() Options {
	fill := func(to *[]string, initial ...string) {
		if *to == nil {
			*to = initial
		}
	}
	fill(&o.Precedence, "all_inventory", "groups_inventory", "all_plugins_inventory", "all_plugins_play",
		"groups_plugins_inventory", "groups_plugins_play")
	fill(&o.VarsExtensions, ".yml", ".yaml", ".json")
	fill(&o.Enabled, "host_list", "script", "auto", "yaml", "ini", "toml")
	fill(&o.YAMLExtensions, ".yaml", ".yml", ".json")
	fill(&o.IgnoreExtensions, ".pyc", ".pyo", ".swp", ".bak", "~", ".rpm", ".md", ".txt", ".rst", ".orig", ".ini", ".cfg", ".retry")
	if o.ScriptTimeout == 0 {
		o.ScriptTimeout = 10 * time.Minute
	}
	return o
}

// merges reports whether mappings of several places are joined.
func (o *Options) merges() bool { return o.HashBehaviour == "merge" }

func (o *Options) python() string {
	if o.Python != "" {
		return o.Python
	}
	const usual = "/usr/bin/python3"
	if p, err := exec.LookPath("python3"); err == nil && !exists(usual) {
		return p
	}
	return usual
}
