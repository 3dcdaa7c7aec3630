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
		action("async_status", "Looks at a background job of the host.",
			"The job is one that a task with async: started; ansible_job_id of its result names it.",
			"- ansible.builtin.async_status:\n    jid: \"{{ job.ansible_job_id }}\"\n  register: status\n  until: status.finished\n  retries: 30\n",
			required(param("jid", "str", "The job.")),
			defaulting(param("mode", "str", "status looks, cleanup removes the job's file."), "status")),
	}
}
