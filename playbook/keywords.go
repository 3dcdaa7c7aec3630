package playbook

// level is a set of places where a keyword may stand.
type level uint8

const (
	onPlay level = 1 << iota
	onRole
	onBlock
	onTask
	onHandler

	anywhere = onPlay | onRole | onBlock | onTask | onHandler
	onTasks  = onTask | onHandler
	blocks   = onRole | onBlock | onTask | onHandler
)

// keywords lists every keyword of the language and where it may stand. Keywords that the loader gives a field of
// their own (vars, when, tags, loop …) are in it too, so that typos can be named.
var keywords = map[string]level{
	"name": anywhere, "vars": anywhere, "tags": anywhere,
	"when":   blocks,
	"become": anywhere, "become_user": anywhere, "become_method": anywhere, "become_flags": anywhere, "become_exe": anywhere,
	"connection": anywhere, "port": anywhere, "remote_user": anywhere,
	"environment": anywhere, "module_defaults": anywhere, "no_log": anywhere, "run_once": anywhere,
	"ignore_errors": anywhere, "ignore_unreachable": anywhere, "check_mode": anywhere, "diff": anywhere,
	"any_errors_fatal": anywhere, "throttle": anywhere, "timeout": anywhere, "debugger": anywhere,
	"collections": anywhere,
	"delegate_to": blocks, "delegate_facts": blocks,

	"hosts": onPlay, "gather_facts": onPlay, "gather_subset": onPlay, "gather_timeout": onPlay, "fact_path": onPlay,
	"vars_files": onPlay, "vars_prompt": onPlay, "roles": onPlay, "handlers": onPlay, "tasks": onPlay,
	"pre_tasks": onPlay, "post_tasks": onPlay, "force_handlers": onPlay, "max_fail_percentage": onPlay,
	"serial": onPlay, "strategy": onPlay, "order": onPlay, "user": onPlay,

	// muster's own; a playbook without them is Ansible's
	"gate": onPlay, "restore": onPlay, "needs": onPlay, "rollback": onPlay | onBlock | onTasks,
	"confirm": onBlock | onTasks,

	"block": onBlock, "rescue": onBlock, "always": onBlock,
	"notify": onBlock | onTasks,

	"action": onTasks, "local_action": onTasks, "args": onTasks, "async": onTasks, "poll": onTasks,
	"changed_when": onTasks, "failed_when": onTasks, "delay": onTasks, "retries": onTasks, "until": onTasks,
	"loop": onTasks, "loop_control": onTasks, "register": onTasks, "with_": onTasks,
	"listen": onHandler,
}

// isKeyword reports whether name is a keyword at the level.
func isKeyword(name string, at level) bool { return keywords[name]&at != 0 }

// Keywords returns every keyword of plays, roles, blocks and tasks.
func Keywords() []string { return keywordNames(anywhere) }

// keywordNames returns the keywords that may stand at the level, for suggestions.
func keywordNames(at level) []string {
	names := make([]string, 0, len(keywords))
	for name, where := range keywords {
		if where&at != 0 {
			names = append(names, name)
		}
	}
	return names
}
