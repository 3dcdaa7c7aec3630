package access

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// MountParams are the parameters of mount.
type MountParams struct {
	Path      string  `param:"path,required" alias:"name" type:"path" doc:"The mount point, such as /mnt/files."`
	State     string  `param:"state,required" choices:"absent,absent_from_fstab,mounted,present,unmounted,remounted,ephemeral" doc:"What the mount point and its line in fstab should be; ephemeral mounts without a line."`
	Src       *string `param:"src" type:"path" doc:"What to mount: a device or a share."`
	FSType    *string `param:"fstype" doc:"Type of the file system."`
	Opts      *string `param:"opts" doc:"Mount options."`
	Dump      string  `param:"dump" default:"0" doc:"The fifth field of fstab."`
	Passno    string  `param:"passno" default:"0" doc:"The sixth field of fstab."`
	Fstab     *string `param:"fstab" doc:"The file to manage; /etc/fstab if not given."`
	Boot      bool    `param:"boot" default:"true" doc:"Mount when the host starts."`
	Backup    bool    `param:"backup" default:"false" doc:"Keep a copy of fstab as it was before a change."`
	OptsNoLog *bool   `param:"opts_no_log,hidden"`
}

// MountState is a line of fstab and what is mounted.
type MountState struct {
	Fstab   fileState `json:"fstab"`
	Mounted bool      `json:"mounted"`
	Source  string    `json:"source"`
	There   bool      `json:"there"`   // the mount point exists
	Remount int       `json:"remount"` // 1 where it is to be mounted anew
	Backup  string    `json:"backup,omitempty"`
	Made    []string  `json:"made,omitempty"` // folders that were not there before the change, outermost first

	backup *string
	out    *printed
}

// Mount manages mount points.
func Mount() modules.Module {
	return modules.State[MountParams, MountState]{
		Info: modules.Info{
			Name:    "mount",
			Summary: "Mount file systems and manage their lines in fstab.",
			Aliases: []string{"ansible.posix.mount"},
			Undo:    modules.UndoPartial,
			Notes:   "Undo restores fstab and what was mounted, but does not repeat a remount.",
			Examples: `
- name: Mount up a device by its label
  mount:
    path: /srv/disk
    src: LABEL=SOME_LABEL
    fstype: ext4
    state: mounted
`,
		},
		Rules: modules.Rules{If: []modules.RequiredIf{{Param: "state", Value: "mounted", Needs: []string{"src", "fstype"}},
			{Param: "state", Value: "present", Needs: []string{"src", "fstype"}}, {Param: "state", Value: "ephemeral", Needs: []string{"src", "fstype"}}}},
		Skip: func(ctx context.Context, _ sys.Reader, p MountParams) (modules.Result, error) {
			if _, _, warning := p.options(); warning != "" {
				modules.Warn(ctx, "%s", warning)
			}
			return nil, nil
		},
		Read: readMount, Want: wantMount, Apply: applyMount,
		Equal: func(a, b MountState) bool {
			return a.Fstab == b.Fstab && a.Mounted == b.Mounted && a.There == b.There && a.Remount == b.Remount
		},
		Settled: func(_ MountParams, want, got MountState) bool {
			return want.Fstab.Content == got.Fstab.Content && want.Mounted == got.Mounted && want.There == got.There
		},
		Carry: func(_ context.Context, _ sys.Reader, known MountState, got *MountState) error {
			if known.backup != nil && *known.backup != "" {
				got.Backup = *known.backup
			}
			if known.Backup != "" {
				got.Backup = known.Backup
			}
			return nil
		},
		Keep: func(_ context.Context, r sys.Reader, p MountParams, from *MountState, to MountState, _ modules.KeepFunc) error {
			if to.Mounted && !from.Mounted {
				from.Made = missing(r, p.Path)
			}
			return nil
		},
		Diff: func(_ context.Context, _ sys.Reader, p MountParams, from, to MountState) (any, error) {
			if from.Fstab == to.Fstab {
				return nil, nil
			}
			return map[string]any{"before": from.Fstab.Content, "after": to.Fstab.Content, "before_header": p.fstab(), "after_header": p.fstab()}, nil
		},
		Report: reportMount,
	}.Module()
}

func (p MountParams) fstab() string {
	if p.Fstab == nil {
		return "/etc/fstab"
	}
	return *p.Fstab
}

// options returns the fourth field, whether the host mounts it at its start, and what is odd about it.
func (p MountParams) options() (opts, boot, warning string) {
	opts, boot = "defaults", "yes"
	if p.Opts != nil {
		opts = *p.Opts
	}
	list := strings.Split(opts, ",")
	switch {
	case slices.Contains(list, "noauto"):
		warning = "Ignore the 'boot' due to 'opts' contains 'noauto'."
	case p.Boot:
	case slices.Contains(list, "defaults"):
		boot, warning = "no", "Ignore the 'boot' due to 'opts' contains 'defaults'."
	default:
		boot, opts = "no", opts+",noauto"
	}
	return opts, boot, warning
}

func readMount(_ context.Context, r sys.Reader, p MountParams) (MountState, error) {
	var s MountState
	var err error
	if s.Fstab, err = lookAtFile(r, p.fstab()); err != nil {
		return s, err
	}
	st, statErr := r.Stat(p.Path)
	s.There = statErr == nil && st.IsDir()
	data, readErr := r.ReadFile("/proc/self/mountinfo")
	if readErr != nil {
		return s, nil //nolint:nilerr // a throw-away machine mounts nothing
	}
	s.Source, s.Mounted = findMount(string(data), path.Clean(p.Path))
	return s, nil
}

// findMount looks for the last mount on a point and returns its source: of a part of a file system, that part.
func findMount(mountinfo, point string) (source string, found bool) {
	for line := range strings.SplitSeq(mountinfo, "\n") {
		f := strings.Fields(line)
		end := slices.Index(f, "-")
		if len(f) < 7 || end < 0 || end+2 >= len(f) || unescapeFstab(f[4]) != point {
			continue
		}
		source, found = unescapeFstab(f[end+2]), true
		if f[3] != "/" {
			source = unescapeFstab(f[3])
		}
	}
	return source, found
}

func wantMount(p MountParams, now MountState) (MountState, error) {
	want := now
	want.out, want.backup = &printed{}, new(string)
	edit := func() {
		if content, changed := p.editFstab(now.Fstab.Content); changed {
			if !now.Fstab.Exists {
				want.Fstab = fileState{Exists: true, Perm: 0o644, UID: -1, GID: -1}
			}
			want.Fstab.Content = content
		}
	}
	switch p.State {
	case "present", "absent_from_fstab":
		edit()
	case "absent":
		edit()
		if want.Fstab.Content != now.Fstab.Content {
			want.Mounted, want.There = false, false
		}
	case "unmounted":
		want.Mounted = false
	case "mounted":
		edit()
		if now.Mounted && want.Fstab.Content != now.Fstab.Content {
			want.Remount = 1
		}
		want.Mounted, want.There = true, true
	case "ephemeral":
		if now.Mounted && now.Source != *p.Src {
			return want, fmt.Errorf("Ephemeral mount point is already mounted with a different source than the specified one (%s). "+ //nolint:staticcheck // the words users know
				"Unmount it first with state=unmounted, or use a different path.", now.Source)
		}
		if now.Mounted {
			want.Remount = 1
		}
		want.Mounted, want.There = true, true
	case "remounted":
		want.Remount = 1
	}
	return want, nil
}

func reportMount(p MountParams, _, to MountState, changed bool) modules.Result {
	opts, boot, _ := p.options()
	res := modules.Result{"name": p.Path, "opts": opts, "dump": p.Dump, "passno": p.Passno, "fstab": p.fstab(), "boot": boot, "backup_file": ""}
	if p.Src != nil {
		res["src"] = *p.Src
	}
	if p.FSType != nil {
		res["fstype"] = *p.FSType
	}
	if changed {
		res["backup_file"] = to.Backup
	}
	return res
}
