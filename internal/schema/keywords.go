package schema

// keywordProperties are the schemas of keywords; one without a schema here may hold anything.
func keywordProperties(words []string) object {
	props := object{}
	for _, w := range words {
		if w == "with_" {
			continue
		}
		props[w] = true
		if s, ok := known[w]; ok {
			props[w] = s()
		}
	}
	return props
}

func text(doc string) object {
	return object{"type": []any{"string", "number", "boolean", "null"}, "description": doc}
}

func flag(doc string) object {
	return object{"type": []any{"boolean", "string", "integer", "null"}, "description": doc}
}

func number(doc string) object {
	return object{"type": []any{"number", "string", "null"}, "description": doc}
}

func words(doc string) object {
	return object{"type": []any{"string", "array", "number", "null"}, "description": doc}
}

func conditions(doc string) object {
	return object{"type": []any{"boolean", "string", "array", "number", "null"}, "description": doc}
}

func mapping(doc string) object {
	return object{"type": []any{"object", "array", "string", "null"}, "description": doc}
}

func entries(doc, kind string) object {
	return object{"type": []any{"array", "null"}, "items": ref(kind), "description": doc}
}

func oneOf(doc string, choices ...any) object {
	s := text(doc)
	s["examples"] = choices
	return s
}

// known are the schemas of keywords.
var known = map[string]func() object{
	"hosts":         func() object { return words("The hosts of the play: a pattern or a list of them.") },
	"name":          func() object { return text("What the output calls it.") },
	"tasks":         func() object { return entries("What the play does.", "entry") },
	"pre_tasks":     func() object { return entries("Tasks before the roles.", "entry") },
	"post_tasks":    func() object { return entries("Tasks after everything else.", "entry") },
	"block":         func() object { return entries("Tasks that belong together.", "entry") },
	"rescue":        func() object { return entries("Tasks for when one of the block fails.", "entry") },
	"always":        func() object { return entries("Tasks that run in any case.", "entry") },
	"handlers":      func() object { return entries("Tasks that run once, when they were notified.", "handler") },
	"roles":         func() object { return entries("Roles to apply.", "role") },
	"gather_facts":  func() object { return flag("Whether facts are gathered first.") },
	"become":        func() object { return flag("Whether to become another user.") },
	"become_user":   func() object { return text("The user to become.") },
	"become_method": func() object { return oneOf("How to become another user.", "sudo", "su", "doas") },
	"connection":    func() object { return oneOf("How to connect.", "ssh", "local") },
	"port":          func() object { return number("The port to connect to.") },
	"remote_user":   func() object { return text("The user to connect as.") },
	"strategy":      func() object { return oneOf("How hosts go through the play.", "linear", "free", "host_pinned") },
	"order": func() object {
		return oneOf("The order of hosts.", "inventory", "sorted", "reverse_sorted", "reverse_inventory", "shuffle")
	},
	"serial":              func() object { return words("How many hosts at a time: a number, a percentage, or a list of them.") },
	"max_fail_percentage": func() object { return number("How many hosts of a batch may fail, in percent.") },
	"any_errors_fatal":    func() object { return flag("Whether one failure ends the play for all hosts.") },
	"force_handlers":      func() object { return flag("Whether handlers run when a task failed.") },
	"ignore_errors":       func() object { return flag("Whether the play goes on after a failure.") },
	"ignore_unreachable":  func() object { return flag("Whether the play goes on with a host that was unreachable.") },
	"no_log":              func() object { return flag("Whether the result is hidden.") },
	"run_once":            func() object { return flag("Whether one host runs it for all.") },
	"check_mode":          func() object { return flag("Whether to change nothing and say what would change.") },
	"diff":                func() object { return flag("Whether to show what changes.") },
	"throttle":            func() object { return number("How many hosts run it at once.") },
	"timeout":             func() object { return number("Seconds after which the task fails.") },
	"retries":             func() object { return number("How often to try again until: holds.") },
	"delay":               func() object { return number("Seconds between tries.") },
	"async":               func() object { return number("Seconds that a background job may take.") },
	"poll":                func() object { return number("Seconds between looks at a background job; 0 does not wait.") },
	"when":                func() object { return conditions("Conditions, without braces.") },
	"until":               func() object { return conditions("Conditions that end the tries.") },
	"changed_when":        func() object { return conditions("When the task counts as changed.") },
	"failed_when":         func() object { return conditions("When the task counts as failed.") },
	"tags":                func() object { return words("Words by which --tags and --skip-tags choose.") },
	"notify":              func() object { return words("Handlers to run when something changed.") },
	"listen":              func() object { return words("Topics that notify the handler.") },
	"register":            func() object { return object{"type": "string", "description": "The variable that takes the result."} },
	"delegate_to":         func() object { return text("The host that does the work.") },
	"delegate_facts":      func() object { return flag("Whether facts belong to the host that did the work.") },
	"vars":                func() object { return mapping("Variables.") },
	"vars_files":          func() object { return words("Files with variables.") },
	"environment":         func() object { return mapping("Environment variables.") },
	"module_defaults":     func() object { return mapping("Arguments that modules have by default.") },
	"loop": func() object {
		return object{"type": []any{"array", "string", "null"}, "description": "Items to run the task for."}
	},
	"loop_control": func() object { return mapping("loop_var, label, index_var, pause, extended, break_when.") },
}
