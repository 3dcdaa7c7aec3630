package access

import (
	"context"
	"fmt"
	"strconv"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// GroupParams are the parameters of group.
type GroupParams struct {
	Name      string `param:"name,required" doc:"Name of the group."`
	State     string `param:"state" choices:"absent,present" default:"present" doc:"Whether the group should exist."`
	GID       *int   `param:"gid" doc:"Number of the group."`
	System    bool   `param:"system" default:"false" doc:"Make a new group a system group."`
	Local     bool   `param:"local" default:"false" doc:"Look at and change the host's own files only, where names also come from a directory."`
	NonUnique bool   `param:"non_unique" default:"false" doc:"Allow a gid that another group has."`
	Force     bool   `param:"force" default:"false" doc:"Remove the group even if it is a user's primary group."`
	GIDMin    *int   `param:"gid_min" doc:"Smallest gid to choose for a new group."`
	GIDMax    *int   `param:"gid_max" doc:"Largest gid to choose for a new group."`
}

// GroupState is a group.
type GroupState struct {
	Exists bool   `json:"exists"`
	GID    int    `json:"gid"` // unknown where the system is to choose it
	Kept   string `json:"kept,omitempty"`

	planned bool
	out     *printed
}

// unknown stands for a number that only the change will tell.
const unknown = -1

// Group manages groups.
func Group() modules.Module {
	return modules.State[GroupParams, GroupState]{
		Info: modules.Info{
			Name:    "group",
			Summary: "Create, change and remove groups.",
			Notes: "groupadd, groupmod and groupdel do the work; where they are not installed, and with local, the files in " +
				"/etc are edited under their locks.",
			Undo: modules.UndoFull,
			Examples: `
- name: Ensure group "somegroup" exists with a gid
  group:
    name: somegroup
    state: present
    gid: 1750
`,
		},
		Rules: modules.Rules{If: []modules.RequiredIf{{Param: "non_unique", Value: true, Needs: []string{"gid"}}}},
		Validate: func(p *GroupParams) error {
			switch {
			case p.GIDMin != nil && p.Local:
				return fmt.Errorf("'gid_min' can not be used with 'local'")
			case p.GIDMax != nil && p.Local:
				return fmt.Errorf("'gid_max' can not be used with 'local'")
			}
			return nil
		},
		Read:  readGroup,
		Want:  wantGroup,
		Equal: func(a, b GroupState) bool { return a.Exists == b.Exists && a.GID == b.GID },
		Settled: func(_ GroupParams, want, got GroupState) bool {
			return want.Exists == got.Exists && (want.GID == unknown || want.GID == got.GID)
		},
		Carry: func(_ context.Context, _ sys.Reader, known GroupState, got *GroupState) error {
			if known.out != nil {
				got.out = known.out
			}
			return nil
		},
		Keep: func(_ context.Context, r sys.Reader, p GroupParams, from *GroupState, _ GroupState, keep modules.KeepFunc) (err error) {
			from.Kept, err = keepGroup(r, p.Name, keep)
			return err
		},
		Unseen: true, // the files are written one after the other
		Apply:  applyGroup,
		Report: reportGroup,
	}.Module()
}

func readGroup(ctx context.Context, r sys.Reader, p GroupParams) (GroupState, error) {
	d, err := openDatabase(r, groupFile)
	if err != nil {
		return GroupState{}, err
	}
	if f := d.in(groupFile).fields(p.Name); len(f) >= 3 {
		if gid, err := strconv.Atoi(f[2]); err == nil {
			return GroupState{Exists: true, GID: gid}, nil
		}
	}
	if p.Local {
		modules.Warn(ctx, "'local: true' specified and group was not found in %[1]s. The local group may already exist if "+
			"the local group database exists somewhere other than %[1]s.", groupFile)
		return GroupState{}, nil
	}
	if g, ok := sys.NewAccounts(ctx, r).GroupByName(p.Name); ok {
		return GroupState{Exists: true, GID: g.GID}, nil
	}
	return GroupState{}, nil
}

func wantGroup(p GroupParams, now GroupState) (GroupState, error) {
	want := GroupState{Exists: p.State == "present", planned: true, out: &printed{}}
	switch {
	case !want.Exists:
	case p.GID != nil:
		want.GID = *p.GID
	case now.Exists:
		want.GID = now.GID
	default:
		want.GID = unknown
	}
	return want, nil
}

func applyGroup(ctx context.Context, s sys.System, p GroupParams, from, to GroupState) error {
	if modules.Undoing(ctx) {
		return restoreGroup(ctx, s, p.Name, to.Kept)
	}
	run := func(argv ...string) error {
		return program(ctx, s, modules.Result{"name": p.Name}, to.out, sys.Command{Argv: append(argv, p.Name)})
	}
	if p.Local || !hasProgram(s, "groupadd") {
		return editGroup(ctx, s, p, to)
	}
	switch {
	case !to.Exists && p.Force:
		return run("groupdel", "-f")
	case !to.Exists:
		return run("groupdel")
	case !from.Exists:
		return run(p.groupadd()...)
	}
	argv := []string{"groupmod", "-g", strconv.Itoa(to.GID)}
	if p.NonUnique {
		argv = append(argv, "-o")
	}
	return run(argv...)
}

func (p GroupParams) groupadd() []string {
	argv := []string{"groupadd"}
	if p.GID != nil {
		argv = append(argv, "-g", strconv.Itoa(*p.GID))
		if p.NonUnique {
			argv = append(argv, "-o")
		}
	}
	if p.System {
		argv = append(argv, "-r")
	}
	if p.GIDMin != nil {
		argv = append(argv, "-K", "GID_MIN="+strconv.Itoa(*p.GIDMin))
	}
	if p.GIDMax != nil {
		argv = append(argv, "-K", "GID_MAX="+strconv.Itoa(*p.GIDMax))
	}
	return argv
}

func reportGroup(p GroupParams, from, to GroupState, _ bool) modules.Result {
	if to.planned && from.Exists != to.Exists { // check mode: nothing is known of a group that is not there
		return modules.Result{}
	}
	res := modules.Result{"name": p.Name, "state": p.State}
	to.out.addTo(res)
	if to.Exists {
		res["gid"], res["system"] = to.GID, p.System
	}
	return res
}
