package history

// migrations bring a store from one version of its schema to the next; the first makes it. They are SQL that SQLite and
// PostgreSQL both understand: times are microseconds since 1970 in UTC, truth values 0 or 1, structures JSON text.
// A migration that was released is never edited.
var migrations = [][]string{{
	`CREATE TABLE runs (
		n BIGINT PRIMARY KEY, id TEXT NOT NULL UNIQUE, command TEXT NOT NULL, user_name TEXT NOT NULL,
		controller TEXT NOT NULL, machine TEXT NOT NULL, pid BIGINT NOT NULL, pid_start BIGINT NOT NULL,
		dir TEXT NOT NULL, args TEXT NOT NULL, playbooks TEXT NOT NULL, sources TEXT NOT NULL, limit_to TEXT NOT NULL,
		tags TEXT NOT NULL, skip_tags TEXT NOT NULL, check_mode SMALLINT NOT NULL, diff_mode SMALLINT NOT NULL,
		version TEXT NOT NULL, parent TEXT NOT NULL, git_commit TEXT NOT NULL, git_branch TEXT NOT NULL, git_dirty SMALLINT NOT NULL,
		remember TEXT NOT NULL, started BIGINT NOT NULL, seen BIGINT NOT NULL, ended BIGINT NOT NULL,
		state TEXT NOT NULL, exit_code BIGINT NOT NULL, custom TEXT NOT NULL)`,
	`CREATE INDEX runs_started ON runs (started)`,
	`CREATE TABLE recaps (
		run BIGINT NOT NULL, host TEXT NOT NULL, ok BIGINT NOT NULL, changed BIGINT NOT NULL, unreachable BIGINT NOT NULL,
		failed BIGINT NOT NULL, skipped BIGINT NOT NULL, rescued BIGINT NOT NULL, ignored BIGINT NOT NULL, rolledback BIGINT NOT NULL,
		PRIMARY KEY (run, host))`,
	`CREATE TABLE plays (
		run BIGINT NOT NULL, play BIGINT NOT NULL, name TEXT NOT NULL, file TEXT NOT NULL, line BIGINT NOT NULL,
		batch BIGINT NOT NULL, batches BIGINT NOT NULL, hosts BIGINT NOT NULL, started BIGINT NOT NULL, PRIMARY KEY (run, play))`,
	`CREATE TABLE tasks (
		run BIGINT NOT NULL, task BIGINT NOT NULL, play BIGINT NOT NULL, name TEXT NOT NULL, action TEXT NOT NULL,
		file TEXT NOT NULL, line BIGINT NOT NULL, role TEXT NOT NULL, handler SMALLINT NOT NULL, check_mode SMALLINT NOT NULL,
		task_key BIGINT NOT NULL, started BIGINT NOT NULL, PRIMARY KEY (run, task))`,
	`CREATE TABLE results (
		run BIGINT NOT NULL, seq BIGINT NOT NULL, task BIGINT NOT NULL, host TEXT NOT NULL, task_key BIGINT NOT NULL,
		delegated TEXT NOT NULL, status TEXT NOT NULL, changed SMALLINT NOT NULL, ignored SMALLINT NOT NULL,
		rescued SMALLINT NOT NULL, no_log SMALLINT NOT NULL, items BIGINT NOT NULL, started BIGINT NOT NULL, micros BIGINT NOT NULL,
		msg TEXT NOT NULL, args TEXT NOT NULL, diff TEXT NOT NULL, result TEXT NOT NULL, PRIMARY KEY (run, seq))`,
	`CREATE INDEX results_host ON results (host, task_key, run)`,
	`CREATE TABLE items (
		run BIGINT NOT NULL, seq BIGINT NOT NULL, nr BIGINT NOT NULL, item TEXT NOT NULL, status TEXT NOT NULL,
		msg TEXT NOT NULL, args TEXT NOT NULL, diff TEXT NOT NULL, result TEXT NOT NULL, PRIMARY KEY (run, seq, nr))`,
	`CREATE TABLE messages (
		run BIGINT NOT NULL, seq BIGINT NOT NULL, level TEXT NOT NULL, host TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (run, seq))`,
}, {
	`CREATE INDEX results_outcome ON results (run, status, task, micros)`, // how tasks went, and the few that changed or failed
}}

// runTables are the tables whose rows belong to a run, by their column run.
var runTables = []string{"recaps", "plays", "tasks", "results", "items", "messages"}
