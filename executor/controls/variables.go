package controls

// variables are the actions that set variables or statistics.
func variables() []control {
	return []control{
		action("set_fact", "Sets variables of the host for the rest of the run.",
			"Every key but cacheable is a variable. They win over the variables of the inventory and of the play, and lose to those of include_vars, of roles' parameters and of the command line.",
			"- ansible.builtin.set_fact:\n    workers: \"{{ ansible_facts.processor_vcpus * 2 }}\"\n",
			defaulting(param("cacheable", "bool", "Whether the variables are facts as well, which templates reach through ansible_facts."), false)),
		action("include_vars", "Reads variables from files on the controller.",
			"Files may be vaults. Variables of later files win.",
			"- ansible.builtin.include_vars: \"{{ item }}\"\n  with_first_found:\n    - \"{{ ansible_facts.distribution }}.yml\"\n    - default.yml\n- ansible.builtin.include_vars:\n    dir: vars\n    extensions: [yml]\n",
			param("file", "path", "A file of variables."),
			param("dir", "path", "A folder; its files are read in the order of their names."),
			param("name", "str", "Variable that holds what was read, instead of variables of their own."),
			defaulting(param("depth", "int", "How many levels of folders are read; 0 is all."), 0),
			param("files_matching", "str", "Regular expression for the files of the folder."),
			listOf("str", param("ignore_files", "", "Regular expressions for files that are not read.")),
			defaulting(listOf("str", param("extensions", "", "Extensions of files that are read.")), []string{"json", "yaml", "yml"}),
			defaulting(param("ignore_unknown_extensions", "bool", "Whether files with other extensions are passed over instead of being an error."), false),
			oneOf(param("hash_behaviour", "str", "What happens to a mapping that exists already."), "replace", "merge")).free("file"),
		action("set_stats", "Collects figures that the recap shows when show_custom_stats is set.", "",
			"- ansible.builtin.set_stats:\n    data:\n      packages: 3\n",
			required(param("data", "dict", "Names and values.")),
			defaulting(param("per_host", "raw", "Whether the figures belong to the host instead of the run."), false),
			defaulting(param("aggregate", "raw", "Whether numbers are added to what is there, lists and texts joined."), true)),
	}
}
