package settings

// Reasons that several settings share.
const (
	noGalaxy   = "ansible-galaxy is not part of muster"
	noNetwork  = "hosts are Linux machines; network devices are refused where they are used"
	noPython   = "nothing on a host or in muster is Python"
	noWorkers  = "there are no worker processes"
	noCows     = "nothing is drawn"
	noSharing  = "becoming an unprivileged user needs no file that others can read"
	noSFTP     = "files travel over the connection that is there anyway"
	noMaster   = "a host has one connection for the whole run"
	noParamiko = "there is one way to make SSH connections; the settings of ssh hold"
	noTargets  = "plugins are not loaded from folders; what is used and not known is refused"
	noJUnit    = "--output junit writes the report; the callback itself is reported where it is enabled"
	noCache    = "inventories are read anew by every run"
	twin       = "another definition of the same variable and key is used"
)

// idleSettings are the settings with nothing to do, each with the reason.
func idleSettings() []idle {
	quiet := func(why string, names ...string) (out []idle) {
		for _, n := range names {
			out = append(out, idle{name: n, why: why})
		}
		return out
	}
	var all []idle
	for _, some := range [][]idle{
		loudSettings(),
		quiet(noGalaxy, "GALAXY_CACHE_DIR", "GALAXY_COLLECTION_SKELETON", "GALAXY_COLLECTION_SKELETON_IGNORE", "GALAXY_DISABLE_GPG_VERIFY",
			"GALAXY_DISPLAY_PROGRESS", "GALAXY_GPG_KEYRING", "GALAXY_IGNORE_CERTS", "GALAXY_IGNORE_INVALID_SIGNATURE_STATUS_CODES",
			"GALAXY_REQUIRED_VALID_SIGNATURE_COUNT", "GALAXY_ROLE_SKELETON", "GALAXY_ROLE_SKELETON_IGNORE", "GALAXY_SERVER",
			"GALAXY_SERVER_LIST", "GALAXY_TOKEN_PATH"),
		quiet(noNetwork, "ANSIBLE_CONNECTION_PATH", "DEFAULT_CLICONF_PLUGIN_PATH", "DEFAULT_HTTPAPI_PLUGIN_PATH", "DEFAULT_NETCONF_PLUGIN_PATH",
			"DEFAULT_TERMINAL_PLUGIN_PATH", "NETCONF_SSH_CONFIG", "NETWORK_GROUP_MODULES", "PERSISTENT_COMMAND_TIMEOUT",
			"PERSISTENT_CONNECT_RETRY_TIMEOUT", "PERSISTENT_CONNECT_TIMEOUT", "PERSISTENT_CONTROL_PATH_DIR", "USE_PERSISTENT_CONNECTIONS",
			"WIN_ASYNC_STARTUP_TIMEOUT", "connection/paramiko_ssh/use_persistent_connections"),
		quiet(noPython, "COLLECTIONS_SCAN_SYS_PATH", "COVERAGE_REMOTE_OUTPUT", "COVERAGE_REMOTE_PATHS", "DEFAULT_MODULE_COMPRESSION",
			"DEFAULT_MODULE_UTILS_PATH", "DOC_FRAGMENT_PLUGIN_PATH", "INTERPRETER_PYTHON", "INTERPRETER_PYTHON_FALLBACK",
			"PYTHON_MODULE_RLIMIT_NOFILE", "JINJA2_NATIVE_WARNING", "DEVEL_WARNING", "DOCSITE_ROOT_URL", "VALIDATE_ACTION_GROUP_METADATA"),
		quiet(noWorkers, "DEFAULT_INTERNAL_POLL_INTERVAL", "WORKER_SHUTDOWN_POLL_COUNT", "WORKER_SHUTDOWN_POLL_DELAY"),
		quiet(noCows, "ANSIBLE_COW_ACCEPTLIST", "ANSIBLE_COW_PATH", "ANSIBLE_COW_SELECTION", "ANSIBLE_NOCOWS"),
		quiet(noSharing, "shell/sh/common_remote_group", "shell/sh/admin_users", "shell/sh/world_readable_temp", "shell/sh/system_tmpdirs"),
		quiet(noSFTP, "connection/ssh/sftp_batch_mode", "connection/ssh/ssh_transfer_method", "connection/ssh/scp_if_ssh"),
		quiet(noMaster, "ANSIBLE_PIPELINING", "connection/ssh/control_path", "connection/ssh/control_path_dir"),
		quiet(noParamiko, "connection/paramiko_ssh/remote_user", "connection/paramiko_ssh/use_rsa_sha2_algorithms",
			"connection/paramiko_ssh/ssh_args", "connection/paramiko_ssh/ssh_common_args", "connection/paramiko_ssh/ssh_extra_args",
			"connection/paramiko_ssh/pty", "connection/paramiko_ssh/record_host_keys", "connection/paramiko_ssh/host_key_checking",
			"connection/paramiko_ssh/banner_timeout"),
		quiet(noTargets, "BECOME_PLUGIN_PATH", "DEFAULT_CACHE_PLUGIN_PATH", "DEFAULT_CONNECTION_PLUGIN_PATH", "DEFAULT_STRATEGY_PLUGIN_PATH"),
		quiet(noJUnit, "callback/junit/output_dir", "callback/junit/task_class", "callback/junit/task_relative_path",
			"callback/junit/replace_out_of_tree_path", "callback/junit/fail_on_change", "callback/junit/fail_on_ignore",
			"callback/junit/include_setup_tasks_in_report", "callback/junit/hide_task_arguments", "callback/junit/test_case_prefix"),
		quiet(noCache, "INVENTORY_CACHE_PLUGIN", "INVENTORY_CACHE_PLUGIN_CONNECTION", "INVENTORY_CACHE_PLUGIN_PREFIX", "INVENTORY_CACHE_TIMEOUT"),
		quiet(twin, "DEFAULT_TIMEOUT", "DISPLAY_SKIPPED_HOSTS", "HOST_KEY_CHECKING", "PARAMIKO_HOST_KEY_AUTO_ADD", "PARAMIKO_LOOK_FOR_KEYS",
			"SHOW_CUSTOM_STATS", "vars/host_group_vars/_valid_extensions"),
		quiet("the runner needs no terminal, and a method of becoming that wants one gets one", "connection/ssh/use_tty", "connection/ssh/sshpass_prompt"),
		quiet("what the controller writes meanwhile stands where it belongs, or in $TMPDIR", "DEFAULT_LOCAL_TMP"),
		quiet("there are no such warnings", "SYSTEM_WARNINGS"),
		quiet("variables of groups and hosts are read when they are needed", "RUN_VARS_PLUGINS", "OLD_PLUGIN_CACHE_CLEARING"),
		quiet("hosts' logs are not written to; muster journal shows what was done", "DEFAULT_NO_TARGET_SYSLOG"),
	} {
		all = append(all, some...)
	}
	return all
}

// loudSettings are those that are warned of.
func loudSettings() []idle {
	loud := func(name, why string, fine ...string) idle { return idle{name: name, why: why, loud: true, fine: fine} }
	return []idle{
		loud("DEFAULT_UNDEFINED_VAR_BEHAVIOR", "a variable that is not defined is always a mistake"),
		loud("DEFAULT_ALLOW_UNSAFE_LOOKUPS", "what a lookup returns is data, never a template"),
		loud("DEFAULT_NULL_REPRESENTATION", "null stays null"),
		loud("DEFAULT_JINJA2_EXTENSIONS", "only do and loop controls exist, and they are always there",
			"jinja2.ext.do", "jinja2.ext.loopcontrols", "jinja2.ext.with_", "jinja2.ext.autoescape"),
		loud("STRING_TYPE_FILTERS", "which filters' results stay text is fixed"),
		loud("STRING_CONVERSION_ACTION", "a parameter that is text takes numbers and truth values", "ignore", "warn"),
		loud("INVALID_TASK_ATTRIBUTE_FAILED", "a keyword that does not exist is refused before anything is touched"),
		loud("PLAYBOOK_VARS_ROOT", "group_vars and host_vars are those beside the playbook of the play"),
		loud("VARIABLE_PLUGINS_ENABLED", "host_group_vars is the one vars plugin, others are in Python", "host_group_vars", "ansible.builtin.host_group_vars"),
		loud("MAX_FILE_SIZE_FOR_DIFF", "diffs are shown of files up to 104448 bytes"),
		loud("FACTS_MODULES", "setup gathers facts", "smart", "setup", "ansible.builtin.setup", "ansible.legacy.setup"),
		loud("DEFAULT_KEEP_REMOTE_FILES", "a task leaves no files behind to keep"),
		loud("DEFAULT_LOG_FILTER", "the log has everything that is shown"),
		loud("DEFAULT_DEBUG", "-vvvv shows more"),
		loud("DEFAULT_SYSLOG_FACILITY", "hosts' logs are not written to; muster journal shows what was done"),
		loud("DEFAULT_SU", "write become_method = su"),
		loud("DEFAULT_SELINUX_SPECIAL_FS", "SELinux contexts are treated alike on every file system"),
		loud("DEFAULT_LIBVIRT_LXC_NOSECLABEL", "there is no such connection"),
		loud("MODULE_IGNORE_EXTS", "a module is found by its name"),
		loud("PLUGIN_FILTERS_CFG", "no module is kept from playbooks"),
		loud("COLLECTIONS_ON_ANSIBLE_VERSION_MISMATCH", "what collections require is not looked at", "ignore"),
		loud("INVENTORY_CACHE_ENABLED", noCache),
		loud("inventory/constructed/use_extra_vars", "extra variables are no part of an inventory"),
		loud("callback/tree/directory", "muster exec --tree writes results into a folder"),
		loud("connection/ssh/sftp_executable", noSFTP, "sftp"),
		loud("connection/ssh/scp_executable", noSFTP, "scp"),
		loud("connection/ssh/sftp_extra_args", noSFTP),
		loud("connection/ssh/scp_extra_args", noSFTP),
		loud("connection/ssh/pkcs11_provider", "keys on a token are used through an agent; see ssh-add -s"),
		loud("connection/paramiko_ssh/proxy_command", "write ProxyCommand in ~/.ssh/config or ssh_common_args"),
		loud("connection/paramiko_ssh/host_key_auto_add", "write StrictHostKeyChecking=accept-new in ssh_common_args", "false"),
		loud("connection/paramiko_ssh/look_for_keys", "write IdentitiesOnly=yes in ssh_common_args"),
		loud("become/su/prompt_l10n", "su's prompts are known in all its languages"),
		loud("become/doas/prompt_l10n", "doas's prompt is known"),
	}
}
