package commands

import (
	"context"
	"fmt"
	"path"
	"strings"

	"github.com/musterhq/muster/internal/shlex"
	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// ScriptParams are the parameters of script. The controller finds the file and offers its content.
type ScriptParams struct {
	Cmd        string     `param:"cmd" alias:"_raw_params,free_form" doc:"Path of the script on the controller, with the arguments to give it."`
	Chdir      string     `param:"chdir" type:"path" doc:"Folder on the host to run the script in; it must be absolute."`
	Creates    string     `param:"creates" type:"path" doc:"Do not run when this path exists on the host."`
	Removes    string     `param:"removes" type:"path" doc:"Do not run when this path does not exist on the host."`
	Executable string     `param:"executable" doc:"Program that runs the script, with its options, instead of the script's own first line."`
	Decrypt    bool       `param:"decrypt" default:"true" doc:"Decrypt a script that is a vault file."`
	Content    contentRef `param:"_content,hidden"`
	Basename   string     `param:"_basename,hidden"`
}

// contentRef is modules.ContentRef as an argument.
type contentRef struct {
	SHA256 string `param:"sha256,hidden"`
	SHA1   string `param:"sha1,hidden"`
	MD5    string `param:"md5,hidden"`
	Size   int64  `param:"size,hidden"`
}

// Script runs a file of the controller on a host.
func Script() modules.Module {
	return modules.Action[ScriptParams, execution]{
		Info: modules.Info{
			Name:    "script",
			Summary: "Run a script that lies on the controller on the host.",
			Notes: "The script is put into a private temporary folder, run, and removed. Undoing needs a rollback handler. " +
				"In check mode the task is skipped unless creates or removes tell what would happen.",
			Undo: modules.UndoNone, FreeForm: "cmd", RawForm: true, Private: true,
			Examples: `
- name: Run a script with arguments
  script: /some/local/script.sh --some-argument 1234
- name: Run it once, with another interpreter
  script: setup.py
  args:
    creates: /opt/app/installed
    executable: python3
`,
		},
		Guard:   func(_ context.Context, r sys.Reader, p ScriptParams) (modules.Result, error) { return p.guard(r) },
		Preview: func(_ context.Context, _ sys.Reader, p ScriptParams) (modules.Result, error) { return p.preview(), nil },
		Run:     func(ctx context.Context, s sys.System, p ScriptParams) (execution, bool, error) { return p.run(ctx, s) },
		Report:  func(_ ScriptParams, e execution) modules.Result { return e.outcome() },
	}.Module()
}

func (p ScriptParams) guard(r sys.Reader) (modules.Result, error) {
	switch {
	case strings.TrimSpace(p.Cmd) == "":
		return nil, fmt.Errorf("no script given")
	case p.Creates != "" && exists(r, p.Creates):
		return skip("%s exists, matching creates option", p.Creates), nil
	case p.Removes != "" && !exists(r, p.Removes):
		return skip("%s does not exist, matching removes option", p.Removes), nil
	case p.Chdir != "" && !path.IsAbs(p.Chdir):
		return nil, fmt.Errorf("chdir %s must be an absolute path for a Unix-aware remote node", p.Chdir)
	case p.Chdir != "":
		return nil, enterable(r, p.Chdir)
	}
	return nil, nil
}

func skip(format string, args ...any) modules.Result {
	return modules.Result{"skipped": true, "changed": false, "msg": fmt.Sprintf(format, args...)}
}

// preview answers in check mode: creates and removes have already said that the script would run.
func (p ScriptParams) preview() modules.Result {
	if p.Creates != "" || p.Removes != "" {
		return modules.Result{"changed": true}
	}
	return skip("Check mode is not supported for this task.")
}

func (p ScriptParams) run(ctx context.Context, s sys.System) (e execution, changed bool, err error) {
	dir, file, err := p.install(ctx, s)
	if dir != "" {
		defer func() {
			if removeErr := s.RemoveAll(dir); err == nil && removeErr != nil {
				err = fmt.Errorf("remove the script: %w", removeErr)
			}
		}()
	}
	if err != nil {
		return e, false, err
	}
	line := shlex.Quote(file) + afterFirstWord(strings.TrimSpace(p.Cmd))
	if p.Executable != "" {
		line = p.Executable + " " + line
	}
	e, err = execute(ctx, s, line, sys.Command{Argv: []string{"/bin/sh", "-c", line}, Dir: p.Chdir})
	return e, !e.start.IsZero(), err
}

// install writes the script into a private folder where files may be executed; the folder is the caller's to remove.
func (p ScriptParams) install(ctx context.Context, s sys.System) (dir, file string, err error) {
	name, err := p.name()
	if err != nil {
		return "", "", err
	}
	for _, parent := range []string{"", "/var/tmp", home(s)} {
		if dir, err = s.TempDir(parent, "muster-script-"); err != nil {
			continue
		}
		file = path.Join(dir, name)
		if err = p.write(ctx, s, file); err != nil {
			return dir, "", err
		}
		if p.Executable != "" || s.Access(file, 1) {
			return dir, file, nil
		}
		if err = s.RemoveAll(dir); err != nil { // mounted noexec: try elsewhere
			return dir, "", err
		}
		err = fmt.Errorf("no folder where a script may be executed: /tmp, /var/tmp and the home are mounted noexec; set executable")
	}
	return "", "", err
}

func home(r sys.Reader) string {
	for _, pair := range r.Environ() {
		if dir, ok := strings.CutPrefix(pair, "HOME="); ok && path.IsAbs(dir) {
			return dir
		}
	}
	return "/root"
}

// name is what the script is called on the host: what it is called on the controller.
func (p ScriptParams) name() (string, error) {
	words, err := shlex.Split(p.Cmd)
	if err != nil {
		return "", fmt.Errorf("split %q into words: %w", p.Cmd, err)
	}
	base := p.Basename
	if base == "" {
		base = path.Base(words[0])
	}
	if base == "." || base == ".." || strings.Contains(base, "/") {
		return "", fmt.Errorf("%q is no name for a script", base)
	}
	return base, nil
}

// afterFirstWord cuts the first word off a line, however it is quoted.
func afterFirstWord(line string) string {
	for i, c := range line {
		if c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			continue
		}
		if words, err := shlex.Split(line[:i]); err == nil && len(words) == 1 {
			if all, err := shlex.Split(line[i:]); err == nil && all != nil {
				return line[i:]
			}
		}
	}
	return ""
}

func (p ScriptParams) write(ctx context.Context, s sys.System, file string) error {
	content, err := modules.OpenContent(ctx, p.Content.SHA256)
	if err != nil {
		return fmt.Errorf("script: %w", err)
	}
	defer func() { _ = content.Close() }()
	if err := s.WriteFile(file, content, sys.WriteOptions{Perm: 0o700, UID: -1, GID: -1}); err != nil {
		return fmt.Errorf("write the script: %w", err)
	}
	return nil
}

// outcome gives the keys of a finished script, which are fewer than a command's.
func (e execution) outcome() modules.Result {
	if e.start.IsZero() {
		return modules.Result{}
	}
	res := modules.Result{"changed": true, "rc": e.out.Code, "stdout": output(e.out.Stdout, false), "stderr": output(e.out.Stderr, false)}
	if e.out.Code != 0 {
		res["failed"], res["msg"] = true, "non-zero return code"
	}
	return res
}
