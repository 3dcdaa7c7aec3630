package systemd

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/musterhq/muster/modules/services/dbus"
	"github.com/musterhq/muster/modules/sys"
)

// Unit is what a manager says of one unit.
type Unit struct {
	Status    map[string]string // as `systemctl show` prints it; empty where the manager does not answer
	FileState string            // as `systemctl is-enabled` prints it; "" where there is no unit file
}

// Loaded reports whether the unit exists for the manager.
func (u Unit) Loaded() bool {
	s, ok := u.Status["LoadState"]
	return ok && s != "not-found"
}

// FileState says how a unit's enablement is asked for.
type FileState int

// NoFileState leaves it out. KnownFileState takes what the manager remembers, which is right just after a reload.
// FreshFileState makes the manager look through the folders.
const (
	NoFileState FileState = iota
	KnownFileState
	FreshFileState
)

// Unit asks the manager of a scope about a unit, over D-Bus where possible, else through systemctl.
func (b *Bus) Unit(ctx context.Context, r sys.Reader, scope Scope, name string, state FileState) (Unit, error) {
	u, err := b.unitOverBus(ctx, r, scope, UnitName(name), state)
	if errors.Is(err, ErrNoBus) {
		return unitByCommand(ctx, r, scope, name)
	}
	return u, err
}

func (b *Bus) unitOverBus(ctx context.Context, r sys.Reader, scope Scope, unit string, state FileState) (Unit, error) {
	calls := []dbus.Message{{Destination: service, Path: objectPath(unit), Interface: propertyIface, Member: "GetAll", Args: []any{""}}}
	fileState := managerCall("GetUnitFileState", unit)
	if state == FreshFileState {
		calls = append(calls, fileState)
	}
	replies, err := b.read(ctx, r, scope, calls...)
	if err != nil {
		return Unit{}, err
	}
	var u Unit
	if props, ok := first(replies[0]).(map[string]dbus.Variant); ok && !IsTemplate(unit) {
		u.Status = Show(props, time.Local)
	}
	switch {
	case state == FreshFileState:
		u.FileState, _ = first(replies[1]).(string)
	case state == KnownFileState && u.Status["Id"] == unit && u.Status["UnitFileState"] != "":
		u.FileState = u.Status["UnitFileState"]
	case state == KnownFileState || u.Status == nil: // an alias, a template, or nothing
		if replies, err = b.read(ctx, r, scope, fileState); err != nil {
			return Unit{}, err
		}
		u.FileState, _ = first(replies[0]).(string)
	}
	return u, nil
}

func first(r dbus.Reply) any {
	if r.Err != nil || len(r.Values) == 0 {
		return nil
	}
	return r.Values[0]
}

// unitByCommand asks systemctl.
func unitByCommand(ctx context.Context, r sys.Reader, scope Scope, name string) (Unit, error) {
	var u Unit
	show, err := r.Query(ctx, Command(r, scope, "show", name))
	if err != nil {
		return u, err
	}
	out, errText := string(show.Stdout), string(show.Stderr)
	if show.Code == 0 && !ignored(out) && !ignored(errText) {
		u.Status = ParseShow(out)
	}
	state, err := r.Query(ctx, Command(r, scope, "is-enabled", name))
	if err != nil {
		return u, err
	}
	if s := strings.TrimSpace(string(state.Stdout)); ValidFileState(s) {
		u.FileState = s
	}
	if u.Status == nil && u.FileState == "" {
		return u, reachable(ctx, r, scope, name)
	}
	return u, nil
}

// reachable returns systemctl's complaint where no manager answers it at all.
func reachable(ctx context.Context, r sys.Reader, scope Scope, name string) error {
	if out, err := r.Query(ctx, Command(r, scope, "list-unit-files", name)); err != nil || out.Code == 0 {
		return err
	}
	out, err := r.Query(ctx, Command(r, scope))
	if err != nil || out.Code == 0 {
		return err
	}
	return &ManageError{Code: out.Code, Stderr: strings.TrimSpace(string(out.Stderr))}
}

// Linked reports whether `systemctl is-enabled -l` finds links to a unit whose file is an alias or indirect: those
// count as enabled.
func Linked(ctx context.Context, r sys.Reader, scope Scope, name string) (bool, error) {
	out, err := r.Query(ctx, Command(r, scope, "is-enabled", name, "-l"))
	return out.Code == 0 && strings.Contains(strings.TrimSpace(string(out.Stdout)), "\n"), err
}

// Command is systemctl with the options of a scope.
func Command(r sys.Reader, scope Scope, args ...string) sys.Command {
	argv := []string{"systemctl"}
	if scope == ScopeUser || scope == ScopeGlobal {
		argv = append(argv, "--"+string(scope))
	}
	return sys.Command{Argv: append(argv, args...), Env: map[string]string{"XDG_RUNTIME_DIR": runtimeDir(r)}}
}

// ignored recognises systemctl's answer where no manager runs (a chroot).
func ignored(out string) bool {
	return !strings.Contains(out, "=") && (strings.Contains(out, "ignoring request") || strings.Contains(out, "ignoring command"))
}

// ValidFileState reports whether a word is a state of a unit file.
func ValidFileState(s string) bool {
	switch s {
	case "enabled", "enabled-runtime", "linked", "linked-runtime", "alias", "masked", "masked-runtime", "static", "indirect",
		"disabled", "generated", "transient":
		return true
	}
	return false
}

// ParseShow reads the output of `systemctl show`. Only the values of Exec properties span lines.
func ParseShow(out string) map[string]string {
	props := map[string]string{}
	var open string
	var value []string
	for _, line := range strings.Split(out, "\n") {
		if open != "" {
			value = append(value, line)
			if strings.HasSuffix(strings.TrimRight(line, " \t\r"), "}") {
				props[open] = strings.TrimSpace(strings.Join(value, "\n"))
				open = ""
			}
			continue
		}
		k, v, ok := strings.Cut(line, "=")
		if !ok {
			continue
		}
		v = strings.TrimSpace(v)
		if strings.HasPrefix(k, "Exec") && strings.HasPrefix(v, "{") && !strings.HasSuffix(v, "}") {
			open, value = k, []string{v}
			continue
		}
		props[k] = v
	}
	return props
}

// runtimeDir is the user's runtime folder, in which user managers listen.
func runtimeDir(r sys.Reader) string {
	for _, kv := range r.Environ() {
		if v, ok := strings.CutPrefix(kv, "XDG_RUNTIME_DIR="); ok && v != "" {
			return v
		}
	}
	return "/run/user/" + strconv.Itoa(r.Getuid())
}
