package controls

// waiting are the actions that take time.
func waiting() []control {
	return []control{
		action("pause", "Waits for a while or for the user.",
			"Without seconds and minutes, it waits for Enter. It runs once for all hosts. Without a terminal, it does not wait for anybody.",
			"- ansible.builtin.pause:\n    minutes: 5\n- ansible.builtin.pause:\n    prompt: Which version\n    echo: true\n  register: answer\n",
			param("seconds", "float", "How long."),
			param("minutes", "float", "How long, in minutes."),
			param("prompt", "str", "What to ask."),
			defaulting(param("echo", "bool", "Whether what is typed shows."), true)),
		action("wait_for_connection", "Waits until the host can be reached and its runner answers.", "",
			"- ansible.builtin.wait_for_connection:\n    timeout: 300\n    delay: 10\n",
			defaulting(param("connect_timeout", "int", "Seconds for one attempt."), 5),
			defaulting(param("delay", "int", "Seconds before the first attempt."), 0),
			defaulting(param("sleep", "int", "Seconds between attempts."), 1),
			defaulting(param("timeout", "int", "Seconds after which the task fails."), 600)),
		action("reboot", "Restarts the host and waits until it is back.",
			"The host is back when its boot ID is another one and test_command succeeds; each of the two may take reboot_timeout. A check says changed. A host with the local connection is refused.",
			"- ansible.builtin.reboot:\n    reboot_timeout: 900\n- ansible.builtin.reboot:\n    msg: A new kernel\n    test_command: systemctl is-system-running --wait\n",
			defaulting(param("boot_time_command", "str", "Prints a text that no two boots of the host share."), "cat /proc/sys/kernel/random/boot_id"),
			also(param("connect_timeout", "int", "Seconds for one attempt to reach the host; by default the connection's, 10 at least."), "connect_timeout_sec"),
			defaulting(param("msg", "str", "What people on the host are told."), "Reboot initiated by muster"),
			also(defaulting(param("post_reboot_delay", "int", "Seconds to wait after the command before the first attempt."), 0), "post_reboot_delay_sec"),
			also(defaulting(param("pre_reboot_delay", "int", "Seconds that the host waits before it restarts, rounded down to minutes."), 0), "pre_reboot_delay_sec"),
			param("reboot_command", "str", "The command that restarts the host, in place of shutdown; msg and pre_reboot_delay do not count then."),
			also(defaulting(param("reboot_timeout", "int", "Seconds after which the task fails."), 600), "reboot_timeout_sec"),
			listOf("str", defaulting(param("search_paths", "list", "Where the command is looked for."), []any{"/sbin", "/bin", "/usr/sbin", "/usr/bin", "/usr/local/sbin"})),
			defaulting(param("test_command", "str", "Has to succeed before the host counts as back."), "whoami")),
		action("async_status", "Looks at a background job of the host.",
			"The job is one that a task with async: started; ansible_job_id of its result names it.",
			"- ansible.builtin.async_status:\n    jid: \"{{ job.ansible_job_id }}\"\n  register: status\n  until: status.finished\n  retries: 30\n",
			required(param("jid", "str", "The job.")),
			defaulting(param("mode", "str", "status looks, cleanup removes the job's file."), "status")),
	}
}
