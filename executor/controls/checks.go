package controls

// checks are the actions that show something or fail.
func checks() []control {
	verbosity := defaulting(param("verbosity", "int", "The task shows itself from this level of -v on."), 0)
	return []control{
		action("debug", "Shows a message or a variable.", "",
			"- ansible.builtin.debug:\n    msg: \"{{ inventory_hostname }} has {{ ansible_facts.memtotal_mb }} MB\"\n- ansible.builtin.debug:\n    var: result.stdout_lines\n",
			defaulting(param("msg", "raw", "What to show."), "Hello world!"),
			param("var", "str", "A variable or expression whose value to show; not together with msg."), verbosity),
		action("assert", "Fails unless conditions hold.", "",
			"- ansible.builtin.assert:\n    that:\n      - port | int > 1024\n      - ansible_facts.os_family == 'Debian'\n    fail_msg: this play needs Debian and a high port\n",
			required(listOf("str", param("that", "", "Conditions, written as in when:."))),
			also(param("fail_msg", "raw", "What to say when one does not hold."), "msg"),
			param("success_msg", "raw", "What to say when all hold."),
			defaulting(param("quiet", "bool", "Whether the result leaves out the conditions."), false)),
		action("fail", "Fails with a message.", "",
			"- ansible.builtin.fail:\n    msg: the disk is too small\n  when: disk_gb < 20\n",
			defaulting(param("msg", "str", "What to say."), "Failed as requested from task")),
		action("validate_argument_spec", "Checks variables against a specification of arguments.",
			"Roles with meta/argument_specs.yml are checked this way before their first task.",
			"- ansible.builtin.validate_argument_spec:\n    argument_spec:\n      port:\n        type: int\n        required: true\n    provided_arguments:\n      port: \"{{ port }}\"\n",
			required(param("argument_spec", "dict", "Names of arguments, each with type, required, choices, default and options.")),
			param("provided_arguments", "dict", "The arguments; variables of the host stand in for those that are missing."),
			param("validate_args_context", "dict", "What the message names as the source of the specification.")),
	}
}
