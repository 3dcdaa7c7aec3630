package settings

import "strings"

// musterDefinitions lists the settings that Ansible does not have: the section [muster] of the file.
func musterDefinitions() []definition {
	return []definition{
		{"MUSTER_HISTORY", location, "", "MUSTER_HISTORY", "muster.history", ""},
		{"MUSTER_HISTORY_DAYS", integer, "90", "MUSTER_HISTORY_DAYS", "muster.history_days", ""},
		{"MUSTER_HISTORY_RUNS", integer, "1000", "MUSTER_HISTORY_RUNS", "muster.history_runs", ""},
		{"MUSTER_HISTORY_MEGABYTES", integer, "500", "MUSTER_HISTORY_MEGABYTES", "muster.history_megabytes", ""},
		{"MUSTER_JOURNAL", boolean, "true", "MUSTER_JOURNAL", "muster.journal", ""},
		{"MUSTER_JOURNAL_DAYS", integer, "30", "MUSTER_JOURNAL_DAYS", "muster.journal_days", ""},
		{"MUSTER_JOURNAL_MEGABYTES", integer, "512", "MUSTER_JOURNAL_MEGABYTES", "muster.journal_megabytes", ""},
		{"MUSTER_DIFF_GROUPS", boolean, "false", "MUSTER_DIFF_GROUPS", "muster.diff_groups", ""},
		{"MUSTER_PROFILE", boolean, "false", "MUSTER_PROFILE", "muster.profile", ""},
		{"MUSTER_TUI", boolean, "false", "MUSTER_TUI", "muster.tui", ""},
		{"MUSTER_MASK_SECRETS", boolean, "true", "MUSTER_MASK_SECRETS", "muster.mask_secrets", ""},
		{"MUSTER_VAULT_KEYS", boolean, "true", "MUSTER_VAULT_KEYS", "muster.vault_keys", ""},
	}
}

// OwnSetting is one of muster's own settings, as it is documented.
type OwnSetting struct {
	Key     string // in muster.toml, and in section [muster] of ansible.cfg
	Env     string
	Type    string // boolean, integer or string
	Default string // as a user would write it
	Doc     string
}

// Own lists muster's own settings.
func Own() []OwnSetting {
	var out []OwnSetting
	for _, d := range musterDefinitions() {
		s := OwnSetting{Env: d.env, Type: "string", Default: d.initial}
		_, s.Key, _ = strings.Cut(d.ini, ".")
		switch d.kind {
		case boolean:
			s.Type = "boolean"
		case integer:
			s.Type = "integer"
		}
		s.Doc = ownDocs()[s.Key]
		out = append(out, s)
	}
	return out
}

func ownDocs() map[string]string {
	return map[string]string{
		"history":           "Where runs are kept: a file, a postgres:// URL, or off.",
		"history_days":      "Runs older than this are removed.",
		"history_runs":      "At most this many runs are kept.",
		"history_megabytes": "At most this much is kept of runs.",
		"journal":           "Whether hosts record what a run replaces, so that it can be rolled back.",
		"journal_days":      "Hosts remove their record of runs older than this.",
		"journal_megabytes": "Hosts remove their oldest records beyond this size.",
		"diff_groups":       "Whether --diff shows equal changes of several hosts once.",
		"profile":           "Whether runs end with the slowest tasks.",
		"tui":               "Whether runs show the live view wherever there is a terminal.",
		"mask_secrets":      "Whether secrets are masked on the screen; logs and the history never hold them.",
		"vault_keys":        "Whether keys that open vaults are kept in the cache, sealed with the vault's password.",
	}
}
