package tree

import (
	"context"
	"fmt"
	"strconv"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// AddInfo adds Ansible's keys about a file to a result: owner, group, uid, gid, mode, size, state, secontext.
// Nothing is added for a node that does not exist yet.
func (s State) AddInfo(res modules.Result, n Node) modules.Result {
	if !n.Exists() || n.inode == 0 && n.UID < 0 {
		return res
	}
	res["uid"], res["gid"] = n.UID, n.GID
	res["owner"], res["group"] = s.userName(n.UID), s.groupName(n.GID)
	res["mode"] = ModeText(n.Perm)
	res["size"] = n.Size
	if n.Kind != File {
		res["size"] = n.bytes
	}
	res["state"] = n.StateWord()
	if n.Label != "" {
		res["secontext"] = n.Label
	}
	return res
}

// StateWord is what Ansible calls the kind of a node: file, directory, link, hard or absent.
func (n Node) StateWord() string {
	switch {
	case n.Kind == Absent:
		return "absent"
	case n.Kind == Directory || n.Kind == Link:
		return string(n.Kind)
	case n.HardOf != "" || n.nlink > 1:
		return "hard"
	default:
		return "file"
	}
}

// ModeText writes permission bits as Ansible's results do: 0644.
func ModeText(perm uint32) string { return fmt.Sprintf("0%03o", perm&0o7777) }

func (s State) userName(uid int) string {
	if s.accounts != nil {
		if u, ok := s.accounts.UserByID(uid); ok {
			return u.Name
		}
	}
	return strconv.Itoa(uid)
}

func (s State) groupName(gid int) string {
	if s.accounts != nil {
		if g, ok := s.accounts.GroupByID(gid); ok {
			return g.Name
		}
	}
	return strconv.Itoa(gid)
}

// AttributeDiff is Ansible's diff of two nodes' attributes: before and after hold the path and what differs.
func AttributeDiff(from, to Node) (before, after map[string]any) {
	before, after = map[string]any{"path": to.Path}, map[string]any{"path": to.Path}
	if !from.Exists() || !to.Exists() {
		return before, after
	}
	put := func(key string, a, b any) { before[key], after[key] = a, b }
	if from.Perm != to.Perm && to.Kind != Link {
		put("mode", ModeText(from.Perm), ModeText(to.Perm))
	}
	if !sameID(from.UID, to.UID) {
		put("owner", from.UID, idShown(to.UID))
	}
	if !sameID(from.GID, to.GID) {
		put("group", from.GID, idShown(to.GID))
	}
	if from.Flags != nil && to.Flags != nil && *from.Flags != *to.Flags {
		put("attributes", FlagText(*from.Flags), FlagText(*to.Flags))
	}
	if from.Label != to.Label && to.Label != "" {
		put("secontext", from.Label, to.Label)
	}
	if !sameTime(from.Mtime, to.Mtime) {
		put("mtime", seconds(from.Mtime), seconds(to.Mtime))
	}
	if !sameTime(from.Atime, to.Atime) {
		put("atime", seconds(from.Atime), seconds(to.Atime))
	}
	return before, after
}

// idShown is a wanted owner or group: its number, or words for an account that the run would only have made.
func idShown(id int) any {
	if id == unknownID {
		return "a new account"
	}
	return id
}

func seconds(ns int64) float64 { return float64(ns) / 1e9 }

// ContentDiff is Ansible's diff of a file's content, with the limits that Ansible puts on it.
func ContentDiff(ctx context.Context, r sys.Reader, from, to Node, beforeHeader, afterHeader string) (map[string]any, error) {
	d := map[string]any{}
	before, err := readForDiff(ctx, r, from, "dst", d, true)
	if err != nil {
		return nil, err
	}
	after, err := readForDiff(ctx, r, to, "src", d, SameContent(from, to) && from.Exists())
	if err != nil {
		return nil, err
	}
	switch {
	case before != nil:
		d["before"], d["before_header"] = string(before), beforeHeader
	case len(d) == 0 || !from.Exists():
		d["before"] = ""
	}
	if after != nil {
		d["after"], d["after_header"] = string(after), afterHeader
	} else if d["src_binary"] == nil && d["src_larger"] == nil {
		d["after"] = ""
	}
	return d, nil
}
