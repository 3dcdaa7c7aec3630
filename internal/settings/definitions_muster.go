package settings

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
	}
}
