package access

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// cronPlace is where a crontab lies: a file of its own, or a user's crontab in the spool.
type cronPlace struct {
	file    string // "" where only the crontab program knows
	spool   bool
	user    string
	foreign bool    // the user is not who this process runs as
	backup  *string // the name of the copy that Apply makes
}

func (p CronParams) file() string {
	if p.CronFile == "" || path.IsAbs(p.CronFile) {
		return p.CronFile
	}
	return path.Join("/etc/cron.d", p.CronFile)
}

// spoolFolders are the places where cron daemons keep users' crontabs.
func spoolFolders() []string {
	return []string{"/var/spool/cron/crontabs", "/var/spool/cron/tabs", "/etc/crontabs", "/var/spool/cron"}
}

func (p CronParams) place(ctx context.Context, r sys.Reader) cronPlace {
	if p.CronFile != "" {
		return cronPlace{file: resolveLinks(r, p.file()), backup: new(string)}
	}
	own, _ := sys.NewAccounts(ctx, r).UserByID(r.Getuid())
	where := cronPlace{spool: true, user: own.Name, backup: new(string)}
	if p.User != nil && *p.User != "" && *p.User != own.Name {
		where.user, where.foreign = *p.User, true
	}
	if r.Getuid() != 0 || strings.Contains(where.user, "/") {
		return where
	}
	for _, dir := range spoolFolders() {
		if st, err := r.Stat(dir); err == nil && st.IsDir() {
			where.file = path.Join(dir, where.user)
			break
		}
	}
	return where
}

// resolveLinks follows links of the path itself, so that writing keeps them.
func resolveLinks(r sys.Reader, file string) string {
	for range 20 {
		target, err := r.Readlink(file)
		if err != nil {
			break
		}
		if !path.IsAbs(target) {
			target = path.Join(path.Dir(file), target)
		}
		file = target
	}
	return file
}

func readCron(ctx context.Context, r sys.Reader, p CronParams) (CronState, error) {
	state := CronState{place: p.place(ctx, r)}
	if state.place.file == "" {
		return readByProgram(ctx, r, state)
	}
	data, err := r.ReadFile(state.place.file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return state, nil
	case err != nil:
		return state, fmt.Errorf("read crontab: %w", err)
	}
	state.Exists, state.Content = true, string(data)
	if st, err := r.Stat(state.place.file); err == nil {
		state.Perm, state.UID, state.GID = st.Perm, st.UID, st.GID
	}
	if state.place.spool {
		state.Content = withoutHeader(state.Content)
	}
	return state, nil
}

func readByProgram(ctx context.Context, r sys.Reader, state CronState) (CronState, error) {
	if !hasProgram(r, "crontab") {
		return state, fmt.Errorf("Failed to find required executable \"crontab\" in PATH: install cron on the host") //nolint:staticcheck // the words users know
	}
	out, err := r.Query(ctx, sys.Command{Argv: state.place.command("-l"), Env: map[string]string{"LC_ALL": "C"}})
	switch {
	case err != nil:
		return state, fmt.Errorf("crontab -l: %w", err)
	case out.Code == 1: // there is none
		return state, nil
	case out.Code != 0:
		return state, modules.Fail(nil, "Unable to read crontab")
	}
	state.Exists, state.Content = true, withoutHeader(string(out.Stdout))
	return state, nil
}

func (where cronPlace) command(args ...string) []string {
	argv := []string{"crontab"}
	if where.foreign {
		argv = append(argv, "-u", where.user)
	}
	return append(argv, args...)
}

func applyCron(ctx context.Context, s sys.System, p CronParams, from, to CronState) error {
	where := p.place(ctx, s)
	if modules.Undoing(ctx) {
		if from.Backup != "" {
			if err := s.Remove(from.Backup); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("remove backup: %w", err)
			}
		}
	} else if p.Backup {
		name, err := backUp(s, from.Content)
		if err != nil {
			return err
		}
		*to.place.backup = name
	}
	if where.spool && (where.file == "" || hasProgram(s, "crontab")) {
		return install(ctx, s, where, to)
	}
	if !to.Exists {
		if err := s.Remove(where.file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove crontab: %w", err)
		}
		return nil
	}
	return writeCrontab(ctx, s, where, to)
}

func backUp(s sys.System, content string) (string, error) {
	name, err := s.TempFile("", "crontab")
	if err != nil {
		return "", fmt.Errorf("back up crontab: %w", err)
	}
	if err := s.WriteFile(name, strings.NewReader(parseCrontab(content).render()), sys.WriteOptions{Perm: 0o600, UID: -1, GID: -1}); err != nil {
		return "", fmt.Errorf("back up crontab: %w", err)
	}
	return name, nil
}

// install lets the crontab program check and install a crontab, or remove it.
func install(ctx context.Context, s sys.System, where cronPlace, to CronState) error {
	if !to.Exists {
		return program(ctx, s, nil, nil, sys.Command{Argv: where.command("-r")})
	}
	return program(ctx, s, nil, nil, sys.Command{Argv: where.command("-"), Stdin: strings.NewReader(to.Content)})
}

// writeCrontab writes the file itself; a new crontab in the spool is its user's alone.
func writeCrontab(ctx context.Context, s sys.System, where cronPlace, to CronState) error {
	o := sys.WriteOptions{Perm: 0o644, UID: -1, GID: -1}
	if to.Perm != 0 {
		o = sys.WriteOptions{Perm: to.Perm, UID: to.UID, GID: to.GID}
	} else if where.spool {
		owner, ok := sys.NewAccounts(ctx, s).UserByName(where.user)
		if !ok {
			return fmt.Errorf("crontab: user %s does not exist", where.user)
		}
		o = sys.WriteOptions{Perm: 0o600, UID: owner.UID, GID: owner.GID}
	}
	if err := s.WriteFile(where.file, strings.NewReader(to.Content), o); err != nil {
		return fmt.Errorf("write crontab: %w", err)
	}
	return nil
}
