package databases

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/musterhq/muster/internal/shlex"
	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// target is where a dump lies.
func (p PostgresDBParams) target(r sys.Reader) string {
	if p.Target != "" {
		return p.Target
	}
	dir := "/root"
	for _, kv := range r.Environ() {
		if home, ok := strings.CutPrefix(kv, "HOME="); ok && home != "" {
			dir = home
		}
	}
	return path.Join(dir, p.DB+".sql")
}

// readDump looks at the file of a dump. A folder counts by its table of contents.
func readDump(ctx context.Context, r sys.Reader, p PostgresDBParams) (PostgresDBState, error) {
	st := PostgresDBState{done: doneBy(ctx)}
	file := p.target(r)
	if info, err := r.Stat(file); err == nil && info.IsDir() {
		file = path.Join(file, "toc.dat")
	}
	info, err := r.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist) && p.State == "restore":
		return st, fmt.Errorf("%s: there is nothing to restore from", file)
	case errors.Is(err, fs.ErrNotExist):
		return st, nil
	case err != nil:
		return st, err
	}
	st.Dump = fmt.Sprintf("%d bytes, %s, inode %d", info.Size, info.Mtime.UTC().Format("2006-01-02 15:04:05.000000000"), info.Inode)
	return st, nil
}

func applyDump(ctx context.Context, s sys.System, p PostgresDBParams, from, to PostgresDBState) error {
	switch {
	case modules.Undoing(ctx) && p.State == "restore":
		return fmt.Errorf("database %s was restored from %s: what it held before is not known any more", p.DB, p.target(s))
	case modules.Undoing(ctx) && to.Dump != "":
		return fmt.Errorf("%s: the dump that was there before was replaced, it cannot be brought back", p.target(s))
	case modules.Undoing(ctx):
		return s.RemoveAll(p.target(s))
	}
	done := doneBy(ctx)
	if err := p.runClient(ctx, s, done); err != nil {
		return err
	}
	if done.out.Code != 0 {
		return modules.Fail(modules.Result{"rc": done.out.Code, "cmd": done.command, "stdout": string(done.out.Stdout)},
			"%s", strings.TrimSpace(string(done.out.Stderr)))
	}
	return nil
}

// compressors are the programs that pack and unpack by a file's end.
var compressors = map[string][2]string{".gz": {"gzip", "zcat"}, ".bz2": {"bzip2", "bzcat"}, ".xz": {"xz", "xzcat"}}

// pgFormats are the formats of archives by a file's end.
var pgFormats = map[string][2]string{".tar": {"t", "Tar"}, ".pgc": {"c", "Custom"}, ".dir": {"d", "Directory"}}

// runClient dumps or restores. The shell is asked for its pipes only; every word of it is quoted but the options given.
func (p PostgresDBParams) runClient(ctx context.Context, s sys.System, done *pgDone) (err error) {
	line, err := p.client(s)
	if err != nil {
		return err
	}
	done.command = line
	env := map[string]string{}
	settings := p.settings(s, p.DB)
	for name, key := range pgEnvironment {
		if value := settings[key]; value != "" && key != "host" && key != "port" && key != "user" && key != "dbname" {
			env[name] = value // never an argument, which others can read
		}
	}
	shell := "/bin/sh"
	if bash, err := s.LookPath("bash"); err == nil {
		shell, line = bash, "set -o pipefail; "+line
	}
	done.out, err = s.Run(ctx, sys.Command{Argv: []string{shell, "-c", line}, Env: env})
	return err
}

// client is the command line of the client program.
func (p PostgresDBParams) client(r sys.Reader) (string, error) {
	target := p.target(r)
	end := path.Ext(target)
	format, archive := pgFormats[end]
	pack, packed := compressors[end]
	program := "pg_dump"
	switch {
	case p.State == "restore" && archive:
		program = "pg_restore"
	case p.State == "restore":
		program = "psql"
	}
	if _, err := r.LookPath(program); err != nil {
		return "", fmt.Errorf("Failed to find required executable %q: install the package with PostgreSQL's client programs", program) //nolint:staticcheck,revive // Ansible's words
	}
	words := append([]string{program}, p.clientLogin(r)...)
	options := strings.TrimSpace(p.TargetOpts)
	file := shlex.Quote(target)
	if p.State == "dump" {
		if p.DumpExtraArgs != nil {
			options = strings.TrimSpace(*p.DumpExtraArgs + " " + options)
		}
		if archive {
			words = append(words, "--format="+format[0])
		}
		return dumpLine(strings.Join(append(words, options), " "), pack[0], file, end == ".dir"), nil
	}
	switch {
	case archive:
		return strings.Join(append(words, "--format="+format[1], options, file), " "), nil
	case packed:
		return pack[1] + " " + file + " | " + strings.Join(append(words, options), " "), nil
	case end == ".sql":
		return strings.Join(append(words, "--file="+file, options), " "), nil
	}
	return strings.Join(append(words, options), " ") + " < " + file, nil
}

func dumpLine(line, compressor, file string, folder bool) string {
	switch {
	case folder:
		return line + " -f " + file
	case compressor != "":
		return line + " | " + compressor + " > " + file
	}
	return line + " > " + file
}

// clientLogin are the arguments that say where the database is. The password travels in the environment.
func (p PostgresDBParams) clientLogin(r sys.Reader) []string {
	settings := p.settings(r, p.DB)
	var out []string
	for _, f := range []struct{ option, key string }{{"--dbname=", "dbname"}, {"--host=", "host"}, {"--port=", "port"}, {"--username=", "user"}} {
		if value := settings[f.key]; value != "" {
			out = append(out, f.option+shlex.Quote(value))
		}
	}
	return out
}

func reportDump(p PostgresDBParams, to PostgresDBState) modules.Result {
	res := modules.Result{"db": p.DB, "executed_commands": []any{}}
	if d := to.done; d != nil && d.command != "" {
		res["executed_commands"] = []any{d.command}
		res["cmd"], res["rc"] = d.command, d.out.Code
		res["msg"], res["stderr"] = string(d.out.Stdout), string(d.out.Stderr)
	}
	return res
}
