package files

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

// synchronizeParams are the parameters of synchronize. The executor's half makes src and dest what rsync takes, and runs the
// module where rsync has to start.
type synchronizeParams struct {
	Src           string   `param:"src,required" type:"path" doc:"What is copied, on the side that gives; a slash at its end means what is in it."`
	Dest          string   `param:"dest,required" type:"path" doc:"Where to, on the side that takes."`
	Mode          string   `param:"mode" choices:"pull,push" default:"push" doc:"Whether the host takes (push) or gives (pull)."`
	DestPort      *int     `param:"dest_port" doc:"The port of the host's SSH server, where it is not that of the connection."`
	Delete        bool     `param:"delete" default:"false" doc:"Whether what the giving side lacks is removed."`
	Archive       bool     `param:"archive" default:"true" doc:"Whether the seven switches from recursive to group are on unless they are given."`
	Recursive     *bool    `param:"recursive" doc:"Whether folders are gone into."`
	Links         *bool    `param:"links" doc:"Whether symbolic links are copied as such."`
	Perms         *bool    `param:"perms" doc:"Whether modes are kept."`
	Times         *bool    `param:"times" doc:"Whether times are kept."`
	Owner         *bool    `param:"owner" doc:"Whether owners are kept."`
	Group         *bool    `param:"group" doc:"Whether groups are kept."`
	CopyLinks     bool     `param:"copy_links" default:"false" doc:"Whether what links point at is copied in their place."`
	Checksum      bool     `param:"checksum" default:"false" doc:"Whether contents are compared instead of sizes and times."`
	Compress      bool     `param:"compress" default:"true" doc:"Whether what travels is packed."`
	ExistingOnly  bool     `param:"existing_only" default:"false" doc:"Whether nothing new is made."`
	Dirs          bool     `param:"dirs" default:"false" doc:"Whether folders are made without going into them."`
	Partial       bool     `param:"partial" default:"false" doc:"Whether parts of files are kept when the connection breaks."`
	DelayUpdates  bool     `param:"delay_updates" default:"true" doc:"Whether files come into place together, at the end."`
	LinkDest      []string `param:"link_dest" elements:"str" doc:"Folders whose files are linked to where they are the same."`
	RsyncPath     *string  `param:"rsync_path" doc:"How rsync is started on the host."`
	RsyncTimeout  int      `param:"rsync_timeout" default:"0" doc:"Seconds without any data until rsync gives up; 0 waits for ever."`
	RsyncOpts     []string `param:"rsync_opts" elements:"str" doc:"More options of rsync."`
	SetRemoteUser bool     `param:"set_remote_user" default:"true" doc:"Whether rsync logs in as the user of the connection."`
	PrivateKey    *string  `param:"private_key" type:"path" doc:"The key that rsync logs in with, where it is not that of the connection."`
	UseSSHArgs    bool     `param:"use_ssh_args" default:"false" doc:"Whether rsync's ssh gets the arguments of the connection."`
	Multiplexing  bool     `param:"ssh_connection_multiplexing" default:"false" doc:"Whether rsync's ssh may share a connection."`
	VerifyHost    *bool    `param:"verify_host" doc:"Whether rsync's ssh checks the host's key; by default it does when the connection does."`

	SSHArgs  *string `param:"ssh_args,hidden"`
	Local    string  `param:"_local_rsync_path,hidden" default:"rsync"`
	Password *string `param:"_local_rsync_password,hidden,secret"`
}

// Synchronize copies trees with rsync.
func Synchronize() modules.Module {
	return modules.Action[synchronizeParams, modules.Result]{
		Info: modules.Info{
			Name: "synchronize", Summary: "Copies trees between the controller and a host with rsync.", Undo: modules.UndoNone,
			Notes: "rsync must be on both sides, and ssh on the one that starts it: the controller, or the host of delegate_to. " +
				"It makes a connection of its own. With a password, sshpass must be there, too.",
			Examples: `- name: The site's files
  synchronize:
    src: site/
    dest: /srv/www
    delete: true
    rsync_opts: ["--exclude=.git"]
- name: Logs to the controller
  synchronize:
    mode: pull
    src: /var/log/nginx/
    dest: logs/{{ inventory_hostname }}
`,
		},
		Preview: func(ctx context.Context, r sys.Reader, p synchronizeParams) (modules.Result, error) {
			command, shown, err := p.command(r, true)
			if err != nil {
				return nil, err
			}
			out, err := r.Query(ctx, command)
			return p.result(ctx, out, shown, err)
		},
		Run: func(ctx context.Context, s sys.System, p synchronizeParams) (modules.Result, bool, error) {
			command, shown, err := p.command(s, false)
			if err != nil {
				return nil, false, err
			}
			out, err := s.Run(ctx, command)
			res, err := p.result(ctx, out, shown, err)
			return res, res.Changed(), err
		},
	}.Module()
}

// changeMark starts the lines of rsync that tell of changes.
const changeMark = "<<CHANGED>>"

// command is what runs, and how it is shown.
func (p synchronizeParams) command(r sys.Reader, dry bool) (command sys.Command, shown string, err error) {
	if strings.HasPrefix(p.Src, "rsync://") && strings.HasPrefix(p.Dest, "rsync://") {
		return command, "", modules.Fail(modules.Result{"rc": 1}, "either src or dest must be a localhost")
	}
	program := p.Local
	if !strings.Contains(program, "/") {
		if program, err = r.LookPath(program); err != nil {
			return command, "", fmt.Errorf("Failed to find required executable %q: install it where the copy starts", p.Local) //nolint:staticcheck // the words users know
		}
	}
	argv := append([]string{program}, p.options(dry)...)
	if rsh := p.rsh(r); rsh != "" {
		argv = append(argv, "--rsh="+rsh)
	}
	if p.RsyncPath != nil && *p.RsyncPath != "" {
		argv = append(argv, "--rsync-path="+*p.RsyncPath)
	}
	for _, o := range p.RsyncOpts {
		words, err := shlex.Split(o)
		if err != nil {
			return command, "", fmt.Errorf("rsync_opts: %q: %w", o, err)
		}
		argv = append(argv, words...)
	}
	if p.Partial {
		argv = append(argv, "--partial")
	}
	links, err := p.linkOptions()
	if err != nil {
		return command, "", err
	}
	argv = append(append(argv, links...), "--out-format="+changeMark+"%i %n%L", p.Src, p.Dest)
	command = sys.Command{Argv: argv}
	shown = shownCommand(argv)
	if p.Password != nil && *p.Password != "" {
		if _, err := r.LookPath("sshpass"); err != nil {
			return command, "", fmt.Errorf("to use rsync connection with passwords, you must install the sshpass program")
		}
		command.Argv = append([]string{"sshpass", "-d0"}, argv...)
		command.Stdin = strings.NewReader(*p.Password + "\n")
	}
	return command, shown, nil
}

// shownCommand writes a command as people do: the value of an option is quoted, not the whole word.
func shownCommand(argv []string) string {
	words := make([]string, len(argv))
	for i, w := range argv {
		name, v, found := strings.Cut(w, "=")
		if words[i] = shlex.Quote(w); found && strings.HasPrefix(name, "--") {
			words[i] = name + "=" + shlex.Quote(v)
		}
	}
	return strings.Join(words, " ")
}

// options are rsync's options but for the way to the host.
func (p synchronizeParams) options(dry bool) []string {
	var o []string
	add := func(on bool, words ...string) {
		if on {
			o = append(o, words...)
		}
	}
	add(p.DelayUpdates, "--delay-updates", "-F")
	add(p.Compress, "--compress")
	add(p.RsyncTimeout != 0, "--timeout="+strconv.Itoa(p.RsyncTimeout))
	add(dry, "--dry-run")
	add(p.Delete, "--delete-after")
	add(p.ExistingOnly, "--existing")
	add(p.Checksum, "--checksum")
	add(p.CopyLinks, "--copy-links")
	add(p.Archive, "--archive")
	for _, s := range []struct {
		name string
		on   *bool
	}{{"recursive", p.Recursive}, {"links", p.Links}, {"perms", p.Perms}, {"times", p.Times}, {"owner", p.Owner}, {"group", p.Group}} {
		add(p.Archive && s.on != nil && !*s.on, "--no-"+s.name)
		add(!p.Archive && s.on != nil && *s.on, "--"+s.name)
	}
	add(p.Dirs, "--dirs")
	return o
}

// rsh is how rsync reaches the host; "" where it does not have to, or the task says it in rsync_opts.
func (p synchronizeParams) rsh(r sys.Reader) string {
	far := func(path string) bool {
		return !strings.HasPrefix(path, "rsync://") && !strings.HasPrefix(path, "/") && strings.Contains(path, ":")
	}
	given := slices.ContainsFunc(p.RsyncOpts, func(o string) bool { return strings.Contains(o, "--rsh") })
	if given || !far(p.Src) && !far(p.Dest) {
		return ""
	}
	program, err := r.LookPath("ssh")
	if err != nil {
		program = "ssh" // rsync says that it is missing
	}
	words := []string{program}
	if !p.Multiplexing {
		words = append(words, "-S", "none")
	}
	if p.PrivateKey != nil {
		words = append(words, "-i", *p.PrivateKey)
	}
	if p.DestPort != nil {
		words = append(words, "-o", "Port="+strconv.Itoa(*p.DestPort))
	}
	if p.VerifyHost != nil && !*p.VerifyHost {
		words = append(words, "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null")
	}
	rsh := shlex.Join(words)
	if p.SSHArgs != nil && *p.SSHArgs != "" {
		rsh += " " + *p.SSHArgs
	}
	return rsh
}

// linkOptions are those of link_dest; -vv has rsync tell of new links, too.
func (p synchronizeParams) linkOptions() ([]string, error) {
	if len(p.LinkDest) == 0 {
		return nil, nil
	}
	o := []string{"-H", "-vv"}
	for _, folder := range p.LinkDest {
		if strings.HasPrefix(path.Dir(p.Dest), path.Clean(folder)) {
			return nil, fmt.Errorf("Hardlinking into a subdirectory of the source would cause recursion. %s and %s", path.Dir(p.Dest), p.Dest) //nolint:staticcheck // the words users know
		}
		o = append(o, "--link-dest="+path.Clean(folder))
	}
	return o, nil
}

func (p synchronizeParams) result(ctx context.Context, out sys.Output, shown string, err error) (modules.Result, error) {
	if err != nil {
		return nil, err
	}
	if out.Code != 0 {
		return nil, modules.Fail(modules.Result{"rc": out.Code, "cmd": shown}, "%s", out.Stderr)
	}
	text := string(out.Stdout)
	changed := strings.Contains(text, changeMark)
	if len(p.LinkDest) > 0 {
		changed = !strings.Contains(text, changeMark+".") // a dot says that nothing changed
	}
	told := strings.ReplaceAll(text, changeMark, "")
	lines := slices.DeleteFunc(strings.Split(told, "\n"), func(l string) bool { return l == "" })
	res := modules.Result{"changed": changed, "msg": told, "rc": 0, "cmd": shown, "stdout_lines": lines}
	if modules.DiffMode(ctx) {
		res["diff"] = map[string]any{"prepared": told}
	}
	return res, nil
}
