package settings

import (
	"strings"
	"time"
)

// Fields are the settings that the engine uses, each tagged with Ansible's name for it. A setting without value is the
// zero value of its field.
type Fields struct {
	// Where things are.
	Inventory       []string `setting:"DEFAULT_HOST_LIST"`
	RolesPath       []string `setting:"DEFAULT_ROLES_PATH"`
	CollectionsPath []string `setting:"COLLECTIONS_PATHS"`
	PlaybookDir     string   `setting:"PLAYBOOK_DIR"`
	Home            string   `setting:"ANSIBLE_HOME"`
	RemoteTmp       string   `setting:"shell/sh/remote_tmp"`
	AsyncDir        string   `setting:"shell/sh/async_dir"`
	LogPath         string   `setting:"DEFAULT_LOG_PATH"`
	RetryFiles      bool     `setting:"RETRY_FILES_ENABLED"`
	RetryFilesPath  string   `setting:"RETRY_FILES_SAVE_PATH"`

	// Connections.
	Connection             string        `setting:"DEFAULT_TRANSPORT"`
	RemoteUser             string        `setting:"DEFAULT_REMOTE_USER"`
	RemotePort             int           `setting:"DEFAULT_REMOTE_PORT"`
	PrivateKeyFile         string        `setting:"DEFAULT_PRIVATE_KEY_FILE"`
	HostKeyChecking        bool          `setting:"connection/ssh/host_key_checking"`
	Timeout                time.Duration `setting:"connection/ssh/timeout"`
	SSHArgs                string        `setting:"connection/ssh/ssh_args"`
	SSHCommonArgs          string        `setting:"connection/ssh/ssh_common_args"`
	SSHExtraArgs           string        `setting:"connection/ssh/ssh_extra_args"`
	SSHExecutable          string        `setting:"connection/ssh/ssh_executable"`
	SSHRetries             int           `setting:"connection/ssh/reconnection_retries"`
	AskPass                bool          `setting:"DEFAULT_ASK_PASS"`
	ConnectionPasswordFile string        `setting:"CONNECTION_PASSWORD_FILE"`
	Executable             string        `setting:"DEFAULT_EXECUTABLE"`

	// Becoming another user. BecomeOptions has what differs from method to method.
	Become              bool   `setting:"DEFAULT_BECOME"`
	BecomeMethod        string `setting:"DEFAULT_BECOME_METHOD"`
	BecomeUser          string `setting:"DEFAULT_BECOME_USER"`
	BecomeExe           string `setting:"DEFAULT_BECOME_EXE"`
	BecomeFlags         string `setting:"DEFAULT_BECOME_FLAGS"`
	BecomeAskPass       bool   `setting:"DEFAULT_BECOME_ASK_PASS"`
	BecomePasswordFile  string `setting:"BECOME_PASSWORD_FILE"`
	BecomeAllowSameUser bool   `setting:"BECOME_ALLOW_SAME_USER"`

	// How a play runs.
	Forks                 int           `setting:"DEFAULT_FORKS"`
	Strategy              string        `setting:"DEFAULT_STRATEGY"`
	TaskTimeout           time.Duration `setting:"TASK_TIMEOUT"`
	PollInterval          time.Duration `setting:"DEFAULT_POLL_INTERVAL"`
	AnyErrorsFatal        bool          `setting:"ANY_ERRORS_FATAL"`
	ForceHandlers         bool          `setting:"DEFAULT_FORCE_HANDLERS"`
	ErrorOnMissingHandler bool          `setting:"ERROR_ON_MISSING_HANDLER"`
	NoLog                 bool          `setting:"DEFAULT_NO_LOG"`
	RunTags               []string      `setting:"TAGS_RUN"`
	SkipTags              []string      `setting:"TAGS_SKIP"`
	ModuleName            string        `setting:"DEFAULT_MODULE_NAME"`
	ModuleArgs            string        `setting:"DEFAULT_MODULE_ARGS"`
	ManagedText           string        `setting:"DEFAULT_MANAGED_STR"`

	// Facts.
	Gathering             string   `setting:"DEFAULT_GATHERING"`
	GatherSubset          []string `setting:"DEFAULT_GATHER_SUBSET"`
	GatherTimeout         int      `setting:"DEFAULT_GATHER_TIMEOUT"`
	FactPath              string   `setting:"DEFAULT_FACT_PATH"`
	InjectFacts           bool     `setting:"INJECT_FACTS_AS_VARS"`
	FactCaching           string   `setting:"CACHE_PLUGIN"`
	FactCachingConnection string   `setting:"CACHE_PLUGIN_CONNECTION"`
	FactCachingPrefix     string   `setting:"CACHE_PLUGIN_PREFIX"`
	FactCachingTimeout    int      `setting:"CACHE_PLUGIN_TIMEOUT"`

	// Variables and templates.
	HashBehaviour       string   `setting:"DEFAULT_HASH_BEHAVIOUR"`
	PrivateRoleVars     bool     `setting:"DEFAULT_PRIVATE_ROLE_VARS"`
	VariablePrecedence  []string `setting:"VARIABLE_PRECEDENCE"`
	YAMLExtensions      []string `setting:"YAML_FILENAME_EXTENSIONS"`
	DuplicateDictKey    string   `setting:"DUPLICATE_YAML_DICT_KEY"`
	Jinja2Native        bool     `setting:"DEFAULT_JINJA2_NATIVE"`
	LocalhostWarning    bool     `setting:"LOCALHOST_WARNING"`
	DeprecationWarnings bool     `setting:"DEPRECATION_WARNINGS"`

	// Vault.
	VaultPasswordFile    string   `setting:"DEFAULT_VAULT_PASSWORD_FILE"`
	VaultIdentityList    []string `setting:"DEFAULT_VAULT_IDENTITY_LIST"`
	VaultIdentity        string   `setting:"DEFAULT_VAULT_IDENTITY"`
	VaultEncryptIdentity string   `setting:"DEFAULT_VAULT_ENCRYPT_IDENTITY"`
	VaultEncryptSalt     string   `setting:"VAULT_ENCRYPT_SALT"`
	VaultIDMatch         bool     `setting:"DEFAULT_VAULT_ID_MATCH"`
	AskVaultPass         bool     `setting:"DEFAULT_ASK_VAULT_PASS"`

	// Inventory.
	InventoryEnabled         []string `setting:"INVENTORY_ENABLED"`
	InventoryIgnoreExts      []string `setting:"INVENTORY_IGNORE_EXTS"`
	InventoryIgnorePatterns  []string `setting:"INVENTORY_IGNORE_PATTERNS"`
	InventoryYAMLExtensions  []string `setting:"inventory/yaml/yaml_extensions"`
	InventoryUnparsedWarning bool     `setting:"INVENTORY_UNPARSED_WARNING"`
	InventoryUnparsedFailed  bool     `setting:"INVENTORY_UNPARSED_IS_FAILED"`
	InventoryAnyUnparsedFail bool     `setting:"INVENTORY_ANY_UNPARSED_IS_FAILED"`
	InventoryExport          bool     `setting:"INVENTORY_EXPORT"`
	InventoryScriptStderr    bool     `setting:"inventory/script/always_show_stderr"`
	HostPatternMismatch      string   `setting:"HOST_PATTERN_MISMATCH"`
	TransformGroupNames      string   `setting:"TRANSFORM_INVALID_GROUP_CHARS"`

	// What the user sees.
	StdoutCallback       string   `setting:"DEFAULT_STDOUT_CALLBACK"`
	CallbacksEnabled     []string `setting:"CALLBACKS_ENABLED"`
	ResultFormat         string   `setting:"callback/default/result_format"`
	DisplaySkippedHosts  bool     `setting:"callback/default/display_skipped_hosts"`
	DisplayOKHosts       bool     `setting:"callback/default/display_ok_hosts"`
	DisplayFailedStderr  bool     `setting:"callback/default/display_failed_stderr"`
	DisplayArgsToStdout  bool     `setting:"DISPLAY_ARGS_TO_STDOUT"`
	ShowCustomStats      bool     `setting:"callback/default/show_custom_stats"`
	ShowPerHostStart     bool     `setting:"callback/default/show_per_host_start"`
	ShowTaskPathOnFail   bool     `setting:"callback/default/show_task_path_on_failure"`
	CheckModeMarkers     bool     `setting:"callback/default/check_mode_markers"`
	DiffAlways           bool     `setting:"DIFF_ALWAYS"`
	DiffContext          int      `setting:"DIFF_CONTEXT"`
	NoColor              bool     `setting:"ANSIBLE_NOCOLOR"`
	ForceColor           bool     `setting:"ANSIBLE_FORCE_COLOR"`
	Verbosity            int      `setting:"DEFAULT_VERBOSITY"`
	VerboseToStderr      bool     `setting:"VERBOSE_TO_STDERR"`
	AgnosticBecomePrompt bool     `setting:"AGNOSTIC_BECOME_PROMPT"`

	// Muster's own.
	TUI        bool `setting:"MUSTER_TUI"`
	DiffGroups bool `setting:"MUSTER_DIFF_GROUPS"` // --diff shows equal changes of several hosts once
	Profile    bool `setting:"MUSTER_PROFILE"`     // the slowest tasks at the end

	// What is muster's own.
	History          string `setting:"MUSTER_HISTORY"` // a path or URL; "" is the usual place, off is none
	HistoryDays      int    `setting:"MUSTER_HISTORY_DAYS"`
	HistoryRuns      int    `setting:"MUSTER_HISTORY_RUNS"`
	HistoryMegabytes int    `setting:"MUSTER_HISTORY_MEGABYTES"`
	Journal          bool   `setting:"MUSTER_JOURNAL"` // hosts record what changes, so that it can be undone
	JournalDays      int    `setting:"MUSTER_JOURNAL_DAYS"`
	JournalMegabytes int    `setting:"MUSTER_JOURNAL_MEGABYTES"`
	MaskSecrets      bool   `setting:"MUSTER_MASK_SECRETS"`
	VaultKeys        bool   `setting:"MUSTER_VAULT_KEYS"` // keys of vaults are kept between runs
}

// BecomeOptions are the settings of one way to become another user. Password is a secret.
type BecomeOptions struct {
	User, Exe, Flags, Password string
}

// BecomeFor returns the options of a become method: sudo, su or doas. For another method only the general ones are set.
func (s *Settings) BecomeFor(method string) BecomeOptions {
	read := func(option string) string {
		x, _ := s.Lookup("become/" + method + "/" + option)
		t, _ := x.Value.(string)
		return t
	}
	if _, known := s.Lookup("become/" + method + "/become_user"); !known {
		return BecomeOptions{User: s.BecomeUser, Exe: s.BecomeExe, Flags: s.BecomeFlags}
	}
	o := BecomeOptions{User: read("become_user"), Exe: read("become_exe"), Flags: read("become_flags"), Password: read("become_pass")}
	if user, _ := s.Lookup("DEFAULT_BECOME_USER"); user.Origin.IsFlag() { // --become-user means every method
		o.User = s.BecomeUser
	}
	return o
}

// Given reports whether anybody has given a setting a value.
func (s *Settings) Given(name string) bool {
	x, ok := s.Lookup(name)
	return ok && x.Origin.Text != originDefault
}

// Color returns the colour name of a kind of message: ok, changed, skip, error, unreachable, debug, verbose, warn,
// deprecate, highlight, diff_add, diff_remove, diff_lines, console_prompt.
func (s *Settings) Color(message string) string {
	x, _ := s.Lookup("COLOR_" + strings.ToUpper(message))
	t, _ := x.Value.(string)
	return t
}
