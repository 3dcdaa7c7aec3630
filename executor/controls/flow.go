package controls

import "github.com/musterhq/muster/modules"

// flow are the actions that bring in tasks or steer the play.
func flow() []control {
	apply := param("apply", "dict", "Keywords, such as tags or become, for every task that is brought in.")
	role := []modules.Param{
		required(param("name", "str", "The role: a name in the roles path, or a path.")),
		defaulting(param("tasks_from", "str", "File of the role's tasks folder to start with."), "main"),
		defaulting(param("vars_from", "str", "File of the role's vars folder."), "main"),
		defaulting(param("defaults_from", "str", "File of the role's defaults folder."), "main"),
		defaulting(param("handlers_from", "str", "File of the role's handlers folder."), "main"),
		defaulting(param("allow_duplicates", "bool", "Whether the role may run again."), true),
		defaulting(param("rolespec_validate", "bool", "Whether the arguments are checked against the role's argument specification."), true),
	}
	public := defaulting(param("public", "bool", "Whether the role's defaults and vars are visible to the tasks that follow."), false)
	file := required(param("file", "path", "The file of tasks, beside the file that names it, or in the role's tasks folder."))
	return []control{
		action("include_tasks", "Runs the tasks of a file that is chosen while the play runs.",
			"Keywords of the task itself, such as when, decide whether the file is read; loop reads it for every item. Tags hold for the task alone: use apply for those inside.",
			"- ansible.builtin.include_tasks: \"{{ ansible_facts.os_family }}.yml\"\n- ansible.builtin.include_tasks:\n    file: user.yml\n    apply:\n      tags: users\n  loop: \"{{ users }}\"\n", file, apply).free("file"),
		action("import_tasks", "Puts the tasks of a file in its own place before the play runs.",
			"Keywords of the task are those of every task in the file. The name may use variables that are known before the run: extra vars and vars of the play.",
			"- ansible.builtin.import_tasks: install.yml\n  when: install\n", file).free("file"),
		action("include_role", "Runs a role that is chosen while the play runs.",
			"Like include_tasks: keywords hold for the task itself, apply for the tasks of the role.",
			"- ansible.builtin.include_role:\n    name: \"{{ item }}\"\n  loop: [common, web]\n", append(append([]modules.Param(nil), role...), apply, public)...),
		action("import_role", "Puts the tasks of a role in its own place before the play runs.",
			"Keywords of the task are those of every task of the role.",
			"- ansible.builtin.import_role:\n    name: common\n    tasks_from: users\n", role...),
		action("import_playbook", "Puts the plays of another file in its own place.",
			"It stands among plays, not among tasks. Its vars and tags hold for every play of the file.",
			"- ansible.builtin.import_playbook: web.yml\n", required(param("file", "path", "The playbook, beside the one that names it."))).free("file"),
		action("meta", "Steers the run itself.",
			"One word: flush_handlers runs the handlers that were notified so far, clear_facts forgets the host's facts, clear_host_errors brings failed hosts back, end_host ends the play for the host, end_batch for its batch, end_play for all, refresh_inventory reads the inventory again, reset_connection opens a new connection at the next task, noop does nothing.",
			"- ansible.builtin.meta: flush_handlers\n- ansible.builtin.meta: end_host\n  when: already_done\n",
			required(param("action", "str", "What to do."))).free("action"),
		action("add_host", "Adds a host to the inventory of this run, and to groups.",
			"It runs once for all hosts. Every further key is a variable of the new host.",
			"- ansible.builtin.add_host:\n    name: \"{{ new_address }}\"\n    groups: [fresh]\n    ansible_user: admin\n",
			required(also(param("name", "str", "The host; a port may follow a colon."), "host", "hostname")),
			also(listOf("str", param("groups", "", "Groups to add it to; they are made when they do not exist.")), "group", "groupname")),
		action("group_by", "Puts hosts into groups by their variables or facts.", "",
			"- ansible.builtin.group_by:\n    key: os_{{ ansible_facts.distribution | lower }}\n",
			required(param("key", "str", "The group.")),
			defaulting(listOf("str", param("parents", "", "Groups that the group becomes a child of.")), []string{"all"})),
	}
}
