package sources

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/musterhq/muster/internal/shlex"
	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// PipParams are the parameters of pip.
type PipParams struct {
	Name         []string `param:"name" elements:"str" doc:"Packages: names with or without versions, addresses of archives or repositories, paths."`
	Version      *string  `param:"version" doc:"The version of the one package that is named."`
	Requirements *string  `param:"requirements" doc:"A file of requirements on the host."`
	State        string   `param:"state" choices:"present,absent,latest,forcereinstall" default:"present" doc:"What becomes of the packages."`
	Virtualenv   *string  `param:"virtualenv" type:"path" doc:"A virtual environment to install into; it is made where it is not there."`
	SitePackages bool     `param:"virtualenv_site_packages" default:"false" doc:"Whether a new environment sees the packages of the system."`
	VenvCommand  string   `param:"virtualenv_command" type:"path" default:"virtualenv" doc:"What makes an environment, such as virtualenv or python3 -m venv."`
	VenvPython   *string  `param:"virtualenv_python" doc:"The Python of a new environment."`
	ExtraArgs    *string  `param:"extra_args" doc:"Further arguments of pip."`
	Editable     bool     `param:"editable" default:"false" doc:"Whether the package is installed in place (-e)."`
	Chdir        *string  `param:"chdir" type:"path" doc:"The folder that pip runs in."`
	Executable   *string  `param:"executable" type:"path" doc:"The program pip, where it is not the usual one; not together with virtualenv."`
	BreakSystem  bool     `param:"break_system_packages" default:"false" doc:"Whether pip may change a Python that belongs to the system (PEP 668), as on Debian 12; a pip that knows no such guard does not mind."`
	Umask        *string  `param:"umask" doc:"The umask for new files, an octal number in quotes."`
}

// PipState is what is installed, by normal names.
type PipState struct {
	Packages map[string]string `json:"packages"` // version by name; the wanted ones may be ranges
	Env      bool              `json:"env"`      // the virtual environment is there
	Argv     []string          `json:"argv,omitempty"`
	Unknown  bool              `json:"unknown,omitempty"` // of a wanted state: only pip itself knows what comes

	plan    map[string]string // what pip would install
	planned bool              // pip was asked for its plan
}

// Pip installs packages of Python.
func Pip() modules.Module {
	return modules.State[PipParams, PipState]{
		Info: modules.Info{
			Name: "pip", Summary: "Installs and removes packages of Python.", Undo: modules.UndoPartial,
			Notes: "A rollback removes what came, with its dependencies, and brings versions back from where pip finds them; a new virtual environment is removed.",
			Examples: `- name: A pinned package in an environment of its own
  pip:
    name: gunicorn==21.2.0
    virtualenv: /srv/app/venv
    virtualenv_command: python3 -m venv
- name: All that the application needs
  pip:
    requirements: /srv/app/requirements.txt
    virtualenv: /srv/app/venv
`,
		},
		Rules:    modules.Rules{Exclusive: [][]string{{"name", "requirements"}, {"executable", "virtualenv"}}, OneOf: [][]string{{"name", "requirements"}}},
		Validate: validatePip,
		Read:     readPip,
		Want:     wantPip,
		Apply:    applyPip,
		Equal: func(a, b PipState) bool {
			return a.Env == b.Env && a.Unknown == b.Unknown && maps.Equal(a.Packages, b.Packages)
		},
		Settled: settledPip,
		Same:    func(a, b PipState) bool { return a.Env == b.Env && maps.Equal(a.Packages, b.Packages) },
		Report: func(p PipParams, _, to PipState, _ bool) modules.Result {
			res := modules.Result{"name": nil, "version": nil, "state": p.State, "requirements": nil, "virtualenv": nil}
			if p.Name != nil {
				res["name"] = p.Name
			}
			for key, v := range map[string]*string{"version": p.Version, "requirements": p.Requirements, "virtualenv": p.Virtualenv} {
				if v != nil {
					res[key] = *v
				}
			}
			if to.Argv != nil {
				res["cmd"] = append(slices.Clone(to.Argv), p.verb()...)
			}
			return res
		},
	}.Module()
}

func validatePip(p *PipParams) error {
	if p.State == "latest" && p.Version != nil {
		return fmt.Errorf("version is incompatible with state=latest")
	}
	if p.Umask != nil {
		if _, err := strconv.ParseUint(*p.Umask, 8, 12); err != nil {
			return fmt.Errorf("umask must be an octal integer")
		}
	}
	if p.Virtualenv != nil && p.Chdir != nil && !path.IsAbs(*p.Virtualenv) {
		env := path.Join(*p.Chdir, *p.Virtualenv)
		p.Virtualenv = &env
	}
	p.Name = joinRanges(p.Name)
	for _, n := range p.Name {
		if strings.HasPrefix(n, "-") {
			return fmt.Errorf("name: %q is an option, which belongs into extra_args", n)
		}
	}
	if p.Version == nil {
		return nil
	}
	if len(p.Name) != 1 {
		return fmt.Errorf("'version' argument is ambiguous when installing multiple package distributions. Please specify version restrictions next to each package in 'name' argument.") //nolint:staticcheck // the words users know
	}
	r := parseRequirement(p.Name[0])
	if len(r.ranges) > 0 {
		return fmt.Errorf("The 'version' argument conflicts with any version specifier provided along with a package name. Please keep the version specifier, but remove the 'version' argument.") //nolint:staticcheck // the words users know
	}
	version := *p.Version
	if !strings.ContainsAny(version[:min(1, len(version))], "<>=!~") {
		version = "==" + version
	}
	p.Name[0] += version
	return nil
}

// joinRanges puts together what a list of names took apart at commas: "a>=1,<2" is one package.
func joinRanges(names []string) []string {
	var out []string
	for _, n := range names {
		n = strings.TrimSpace(n)
		if len(out) > 0 && n != "" && strings.ContainsRune("<>=!~", rune(n[0])) {
			out[len(out)-1] += "," + n
			continue
		}
		if n != "" {
			out = append(out, n)
		}
	}
	return out
}

// verb is what pip is told to do.
func (p PipParams) verb() []string {
	argv := map[string][]string{
		"present": {"install"}, "latest": {"install", "-U"}, "forcereinstall": {"install", "-U", "--force-reinstall"}, "absent": {"uninstall", "-y"},
	}[p.State]
	argv = slices.Clone(argv)
	if p.ExtraArgs != nil {
		if more, err := shlex.Split(*p.ExtraArgs); err == nil {
			argv = append(argv, more...)
		}
	}
	if p.Editable && !slices.Contains(argv, "-e") {
		argv = append(argv, "-e")
	}
	if p.Requirements != nil {
		return append(argv, "-r", *p.Requirements)
	}
	return append(argv, p.Name...)
}

func (p PipParams) command(pip []string, args ...string) sys.Command {
	c := sys.Command{Argv: append(slices.Clone(pip), args...), Dir: "/tmp", Env: map[string]string{"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "PIP_NO_INPUT": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}}
	if p.Chdir != nil {
		c.Dir = *p.Chdir
	}
	if p.BreakSystem { // an option would be refused by a pip older than 23.0.1
		c.Env["PIP_BREAK_SYSTEM_PACKAGES"] = "1"
	}
	if p.Umask != nil {
		n, _ := strconv.ParseInt(*p.Umask, 8, 32) // validated
		mask := int(n)
		c.Umask = &mask
	}
	return c
}

// program finds pip: in the environment, the given one, or the machine's.
func (p PipParams) program(r sys.Reader) ([]string, error) {
	if p.Virtualenv != nil {
		for _, name := range []string{"pip3", "pip"} {
			if file := path.Join(*p.Virtualenv, "bin", name); exists(r, file) {
				return []string{file}, nil
			}
		}
		return nil, modules.Fail(nil, "Unable to find pip in the virtualenv, %s, under any of these names: pip3, pip. Make sure pip is present in the virtualenv.", *p.Virtualenv)
	}
	names := []string{"pip3", "pip"}
	if p.Executable != nil {
		if path.IsAbs(*p.Executable) {
			return []string{*p.Executable}, nil
		}
		names = []string{*p.Executable}
	}
	for _, name := range names {
		if file, err := r.LookPath(name); err == nil {
			return []string{file}, nil
		}
	}
	return nil, modules.Fail(nil, "Unable to find any of %s to use.  pip needs to be installed.", names[0])
}

func exists(r sys.Reader, file string) bool {
	_, err := r.Stat(file)
	return err == nil
}

func (p PipParams) env(r sys.Reader) bool {
	return p.Virtualenv == nil || exists(r, path.Join(*p.Virtualenv, "bin", "activate"))
}

func readPip(ctx context.Context, r sys.Reader, p PipParams) (PipState, error) {
	s := PipState{Packages: map[string]string{}, Env: p.env(r)}
	if !s.Env {
		return s, nil
	}
	var err error
	if s.Argv, err = p.program(r); err != nil {
		return s, err
	}
	if s.Packages, err = p.installed(ctx, r, s.Argv); err != nil || modules.Undoing(ctx) || !p.asks() {
		return s, err
	}
	s.plan, s.planned, err = p.dryRun(ctx, r, s.Argv)
	return s, err
}

// asks says whether only pip can tell what there is to do.
func (p PipParams) asks() bool {
	return p.State != "absent" && (p.Requirements != nil || p.State == "latest" || p.Editable || slices.ContainsFunc(p.Name, func(n string) bool { return parseRequirement(n).name == "" }))
}

// dryRun asks pip what it would install; a pip that is too old to say (before 22.2), or that fails, gives no plan.
func (p PipParams) dryRun(ctx context.Context, r sys.Reader, pip []string) (plan map[string]string, known bool, err error) {
	args := slices.Insert(p.verb(), 1, "--dry-run")
	out, err := r.Query(ctx, p.command(pip, args...))
	if err != nil || out.Code != 0 {
		return nil, false, err
	}
	plan = map[string]string{}
	for l := range strings.SplitSeq(string(out.Stdout), "\n") {
		list, ok := strings.CutPrefix(l, "Would install ")
		if !ok {
			continue
		}
		for _, item := range strings.Fields(list) {
			if i := strings.LastIndexByte(item, '-'); i > 0 {
				plan[normalName(item[:i])] = item[i+1:]
			}
		}
	}
	return plan, true, nil
}

// installed lists the packages of an environment.
func (p PipParams) installed(ctx context.Context, r sys.Reader, pip []string) (map[string]string, error) {
	out, err := r.Query(ctx, p.command(pip, "list", "--format=freeze"))
	if err != nil {
		return nil, err
	}
	if out.Code != 0 {
		return nil, modules.Fail(modules.Result{"rc": out.Code, "stdout": string(out.Stdout), "stderr": string(out.Stderr)}, "%s list: %s", strings.Join(pip, " "), strings.TrimSpace(string(out.Stderr)))
	}
	packages := map[string]string{}
	for l := range strings.SplitSeq(string(out.Stdout), "\n") {
		if name, version, ok := strings.Cut(strings.TrimSpace(l), "=="); ok {
			packages[normalName(name)] = version
		}
	}
	return packages, nil
}

func wantPip(p PipParams, now PipState) (PipState, error) {
	want := now
	want.Env, want.Packages = true, maps.Clone(now.Packages)
	switch {
	case p.State == "forcereinstall" || p.asks() && (!now.planned || p.Editable):
		want.Unknown = true
		return want, nil
	case p.asks():
		maps.Copy(want.Packages, now.plan)
		return want, nil
	}
	for _, name := range p.Name {
		r := parseRequirement(name)
		version, there := now.Packages[r.name]
		switch {
		case p.State == "absent":
			if r.name != "" {
				delete(want.Packages, r.name)
			}
		case !there || !r.allows(version):
			want.Packages[r.name] = "?" + r.text
		}
	}
	return want, nil
}

// settledPip: what came is what was asked for; dependencies and exact versions are pip's choice.
func settledPip(p PipParams, want, got PipState) bool {
	for name, version := range want.Packages {
		is, there := got.Packages[name]
		if !there || strings.HasPrefix(version, "?") && !parseRequirement(version[1:]).allows(is) {
			return false
		}
	}
	if p.State == "absent" {
		return maps.Equal(want.Packages, got.Packages)
	}
	return got.Env
}

func applyPip(ctx context.Context, s sys.System, p PipParams, from, to PipState) error {
	if modules.Undoing(ctx) {
		return p.back(ctx, s, from, to)
	}
	if !from.Env {
		if err := p.makeEnv(ctx, s); err != nil {
			return err
		}
	}
	pip, err := p.program(s)
	if err != nil {
		return err
	}
	return p.run(ctx, s, pip, p.verb()...)
}

// run runs pip; an exit code other than zero is an error with its words.
func (p PipParams) run(ctx context.Context, s sys.System, pip []string, args ...string) error {
	c := p.command(pip, args...)
	out, err := s.Run(ctx, c)
	if err != nil || out.Code == 0 {
		return err
	}
	return modules.Fail(modules.Result{"rc": out.Code, "cmd": c.Argv, "stdout": string(out.Stdout), "stderr": string(out.Stderr)},
		"stdout: %s\n:stderr: %s", out.Stdout, out.Stderr)
}

// makeEnv makes the virtual environment.
func (p PipParams) makeEnv(ctx context.Context, s sys.System) error {
	argv, err := shlex.Split(p.VenvCommand)
	if err != nil || len(argv) == 0 {
		return fmt.Errorf("virtualenv_command: %q is no command", p.VenvCommand)
	}
	if p.SitePackages {
		argv = append(argv, "--system-site-packages")
	}
	venv := strings.HasSuffix(p.VenvCommand, "-m venv") || path.Base(argv[0]) == "pyvenv"
	switch {
	case p.VenvPython != nil && venv:
		return modules.Fail(nil, "virtualenv_python should not be used when using the venv module or pyvenv as virtualenv_command")
	case p.VenvPython != nil:
		argv = append(argv, "-p"+*p.VenvPython)
	}
	err = p.run(ctx, s, nil, append(argv, *p.Virtualenv)...)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("virtualenv_command: %s is not on the host: %w", argv[0], err)
	}
	return err
}

// back removes what came and brings back what went or was another version.
func (p PipParams) back(ctx context.Context, s sys.System, from, to PipState) error {
	if !to.Env {
		return s.RemoveAll(*p.Virtualenv)
	}
	now, err := p.installed(ctx, s, from.Argv)
	if err != nil {
		return err
	}
	var gone, back []string
	for name := range now {
		if _, was := to.Packages[name]; !was {
			gone = append(gone, name)
		}
	}
	for name, version := range to.Packages {
		if now[name] != version {
			back = append(back, name+"=="+version)
		}
	}
	slices.Sort(gone)
	slices.Sort(back)
	if len(gone) > 0 {
		if err := p.run(ctx, s, from.Argv, append([]string{"uninstall", "-y"}, gone...)...); err != nil {
			return err
		}
	}
	if len(back) > 0 {
		return p.run(ctx, s, from.Argv, append([]string{"install", "--no-deps"}, back...)...)
	}
	return nil
}
