package databases

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/musterhq/muster/internal/shlex"
	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// stateful is a module whose changes can be taken back.
type stateful interface {
	modules.Module
	modules.Undoer
	modules.Recoverer
	Spec() (*modules.Spec, error)
}

// transferring is mysql_db: its states present and absent are brought about, dump and import just happen.
type transferring struct {
	stateful
	transfer modules.Module
}

func newTransferring(state modules.Module) modules.Module {
	s, ok := state.(stateful)
	if !ok {
		return state // a wrong parameter struct, which the registry reports
	}
	return &transferring{stateful: s, transfer: modules.Action[mysqlDBParams, modules.Result]{
		Info: mysqlDBInfo(), Validate: validateMySQLDB,
		Preview: func(ctx context.Context, r sys.Reader, p mysqlDBParams) (modules.Result, error) {
			ctx, end := withServer(ctx, nil)
			defer end()
			_, err := transferable(ctx, r, p)
			return modules.Result{"changed": true, "db": strings.Join(p.Name, " "), "db_list": p.Name}, err
		},
		Run: runTransfer,
	}.Module()}
}

// Run performs one item.
func (m *transferring) Run(ctx context.Context, c *modules.Call) modules.Result {
	if state, _ := c.Args["state"].(string); state == "dump" || state == "import" {
		return m.transfer.Run(ctx, c)
	}
	return m.stateful.Run(ctx, c)
}

// Shape says that databases are brought to a state.
func (m *transferring) Shape() modules.Shape { return modules.ShapeState }

// transferable says whether what is to be dumped is there, and returns the databases that an import must make.
func transferable(ctx context.Context, r sys.Reader, p mysqlDBParams) (missing []string, err error) {
	if slices.Equal(p.Name, []string{"all"}) {
		return nil, nil
	}
	now, err := readSchemas(ctx, r, p)
	if err != nil {
		return nil, err
	}
	for _, name := range p.Name {
		if _, there := now.Found[name]; !there {
			missing = append(missing, name)
		}
	}
	if p.State == "dump" && len(missing) > 0 {
		return nil, fmt.Errorf("Cannot dump database(s) '%s' - not found", strings.Join(missing, ", ")) //nolint:staticcheck // the words users know
	}
	return missing, nil
}

func runTransfer(ctx context.Context, s sys.System, p mysqlDBParams) (modules.Result, bool, error) {
	ctx, end := withServer(ctx, s)
	defer end()
	missing, err := transferable(ctx, s, p)
	if err != nil {
		return nil, false, err
	}
	if p.State == "import" {
		if _, err := s.Stat(*p.Target); err != nil {
			return nil, false, fmt.Errorf("target %s does not exist on the host", *p.Target)
		}
		for _, name := range missing {
			conn, err := p.connect(ctx, s)
			if err != nil {
				return nil, false, err
			}
			if _, err := conn.ExecContext(ctx, createSchema(name, mysqlSchema{Charset: p.Encoding, Collation: p.Collation})); err != nil {
				return nil, false, fmt.Errorf("error creating database: %w", err)
			}
		}
	}
	command, shown, err := p.transfer(s)
	if err != nil {
		return nil, false, err
	}
	out, err := s.Run(ctx, command)
	if err != nil {
		return nil, false, err
	}
	if out.Code != 0 {
		return nil, false, modules.Fail(modules.Result{"rc": out.Code}, "%s", strings.TrimSpace(string(out.Stderr)))
	}
	return modules.Result{"db": strings.Join(p.Name, " "), "db_list": p.Name, "msg": string(out.Stdout), "executed_commands": []string{shown}}, true, nil
}

// The scripts get a packing program, or nothing, the file, and the words of the server's program, and options for it on
// standard input, which it reads as optionsFile. Whichever program of a pipe fails makes them fail.
const (
	optionsFile = "/dev/fd/4"
	dumpScript  = `pack=$1 target=$2; shift 2; exec 4<&0 </dev/null
[ -n "$pack" ] || exec "$@" >"$target"
code=$({ { "$@" || echo $? >&3; } | "$pack" >"$target" || exit 1; } 3>&1) || exit 1
exit "${code:-0}"`
	importScript = `unpack=$1 target=$2; shift 2; exec 4<&0 </dev/null
[ -n "$unpack" ] || exec "$@" <"$target"
code=$({ { "$unpack" -dc "$target" || echo $? >&3; } | "$@" >/dev/null || exit $?; } 3>&1) || exit 1
exit "${code:-0}"`
)

// transfer makes the command of a dump or an import, and how it is shown. The password is in neither.
func (p mysqlDBParams) transfer(r sys.Reader) (command sys.Command, shown string, err error) {
	argv, script, arrow := p.dumpWords(), dumpScript, ">"
	if p.State == "import" {
		argv, script, arrow = p.importWords(), importScript, "<"
	}
	options := p.options(r)
	switch { // they take it as their first word only
	case options != "" && p.RestrictConfig:
		argv = slices.Insert(argv, 1, "--defaults-file="+optionsFile)
	case options != "":
		argv = slices.Insert(argv, 1, "--defaults-extra-file="+optionsFile)
	}
	packer := map[string]string{".gz": "gzip", ".bz2": "bzip2", ".xz": "xz"}[path.Ext(*p.Target)]
	for _, program := range []string{argv[0], packer} {
		if _, err := r.LookPath(program); program != "" && err != nil {
			return command, "", fmt.Errorf("Failed to find required executable %q: install it on the host", program) //nolint:staticcheck // the words users know
		}
	}
	command = sys.Command{Argv: append([]string{"sh", "-c", script, "sh", packer, *p.Target}, argv...), Stdin: strings.NewReader(options)}
	if p.Chdir != nil {
		command.Dir = *p.Chdir
	}
	switch { // the file is shown that people know
	case strings.HasPrefix(options, "!include"):
		argv[1] = strings.ReplaceAll(argv[1], optionsFile, p.ConfigFile)
	case options != "":
		argv = slices.Delete(argv, 1, 2)
	}
	shown = shlex.Join(argv) + " " + arrow + " " + shlex.Quote(*p.Target)
	switch {
	case packer != "" && p.State == "import":
		shown = shlex.Join([]string{packer, "-dc", *p.Target}) + " | " + shlex.Join(argv)
	case packer != "":
		shown = shlex.Join(argv) + " | " + packer + " > " + shlex.Quote(*p.Target)
	}
	return command, shown, nil
}

// options is what the server's programs read as an option file: the one of the task, and the password.
func (p mysqlDBParams) options(r sys.Reader) string {
	var text string
	if _, err := r.Stat(p.ConfigFile); err == nil && p.ConfigFile != "" {
		text = "!include " + p.ConfigFile + "\n"
	}
	if p.LoginPassword != nil {
		text += "[client]\npassword=\"" + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(*p.LoginPassword) + "\"\n"
	}
	return text
}

// loginWords are the words with which the server's programs log in.
func (p mysqlDBParams) loginWords() []string {
	var w []string
	if p.LoginUser != nil {
		w = append(w, "--user="+*p.LoginUser)
	}
	for option, file := range map[string]*string{"--ssl-cert=": p.ClientCert, "--ssl-key=": p.ClientKey, "--ssl-ca=": p.CACert} {
		if file != nil {
			w = append(w, option+*file)
		}
	}
	slices.Sort(w)
	if p.LoginSocket != nil {
		return append(w, "--socket="+*p.LoginSocket)
	}
	return append(w, "--host="+p.LoginHost, "--port="+strconv.Itoa(p.LoginPort))
}

func (p mysqlDBParams) dumpWords() []string {
	w := append([]string{"mysqldump"}, p.loginWords()...)
	flag := func(on bool, words ...string) {
		if on {
			w = append(w, words...)
		}
	}
	flag(p.Force, "--force")
	flag(p.SkipLock, "--skip-lock-tables")
	flag(p.Encoding != "", "--default-character-set="+p.Encoding)
	flag(p.SingleTrans, "--single-transaction=true")
	flag(p.Quick, "--quick")
	for _, table := range p.IgnoreTables {
		w = append(w, "--ignore-table="+table)
	}
	flag(p.HexBlob, "--hex-blob")
	flag(p.MasterData != 0, "--master-data="+strconv.Itoa(p.MasterData))
	if p.DumpExtraArgs != nil {
		if more, err := shlex.Split(*p.DumpExtraArgs); err == nil {
			w = append(w, more...)
		}
	}
	switch {
	case slices.Equal(p.Name, []string{"all"}):
		return append(w, "--all-databases")
	case len(p.Name) > 1:
		return append(append(w, "--databases"), p.Name...)
	}
	return append(w, "--", p.Name[0])
}

func (p mysqlDBParams) importWords() []string {
	w := append([]string{"mysql"}, p.loginWords()...)
	if p.Force {
		w = append(w, "--force")
	}
	if p.Encoding != "" {
		w = append(w, "--default-character-set="+p.Encoding)
	}
	if slices.Equal(p.Name, []string{"all"}) {
		return w
	}
	return append(w, "--one-database", "--", p.Name[0])
}
