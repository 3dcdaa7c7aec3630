package tree

import (
	"context"
	"strconv"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// Attrs are the parameters that all modules which manage files share. Embed it in a parameter struct.
type Attrs struct {
	Mode         Mode       `param:"mode" doc:"Permission bits, octal such as '0644' (quote it) or symbolic such as u=rw,g=r,o=r."`
	Owner        *string    `param:"owner" doc:"Name or number of the user that owns the file."`
	Group        *string    `param:"group" doc:"Name or number of the group that owns the file."`
	SEUser       *string    `param:"seuser" doc:"User part of the SELinux context, or _default for the policy's."`
	SERole       *string    `param:"serole" doc:"Role part of the SELinux context, or _default for the policy's."`
	SEType       *string    `param:"setype" doc:"Type part of the SELinux context, or _default for the policy's."`
	SELevel      *string    `param:"selevel" doc:"Level part of the SELinux context, or _default for the policy's."`
	Attributes   FlagChange `param:"attributes" alias:"attr" doc:"Attributes as chattr takes them, such as +i or =aA."`
	UnsafeWrites bool       `param:"unsafe_writes" default:"false" doc:"Whether to write in place where the file cannot be replaced atomically."`
}

// Unpreserved returns the parameters without a mode that is to be preserved, which only modules with a source know.
func (a Attrs) Unpreserved() Attrs {
	if a.Mode.Preserve {
		a.Mode = Mode{}
	}
	return a
}

// labelled reports that some part of the SELinux context is wanted.
func (a Attrs) labelled() bool {
	return a.SEUser != nil || a.SERole != nil || a.SEType != nil || a.SELevel != nil
}

// asked are the attributes with names looked up on the machine.
type asked struct {
	uid, gid *int
	context  []string // the policy's SELinux context of the path, where _default is wanted
	selinux  bool
}

// unknownID stands for an account that does not exist yet; only check mode gets that far.
const unknownID = 1<<31 - 2

// ask looks up users and groups. In check mode an account that is not there only yields a warning, as an earlier task
// may be going to create it.
func (a Attrs) ask(ctx context.Context, r sys.Reader, acc *sys.Accounts, path string) (asked, error) {
	var out asked
	if a.Owner != nil {
		n, ok := lookupUser(acc, *a.Owner)
		if !ok {
			if !modules.CheckMode(ctx) {
				return out, modules.Fail(modules.Result{"path": path}, "chown failed: failed to look up user %s", *a.Owner)
			}
			modules.Warn(ctx, "failed to look up user %s. Create user up to this point in real play", *a.Owner)
			n = unknownID
		} else if modules.CheckMode(ctx) && strconv.Itoa(n) == *a.Owner {
			if _, known := acc.UserByID(n); !known {
				modules.Warn(ctx, "failed to look up user with uid %d. Create user up to this point in real play", n)
			}
		}
		out.uid = &n
	}
	if a.Group != nil {
		n, ok := lookupGroup(acc, *a.Group)
		if !ok {
			if !modules.CheckMode(ctx) {
				return out, modules.Fail(modules.Result{"path": path}, "chgrp failed: failed to look up group %s", *a.Group)
			}
			modules.Warn(ctx, "failed to look up group %s. Create group up to this point in real play", *a.Group)
			n = unknownID
		} else if modules.CheckMode(ctx) && strconv.Itoa(n) == *a.Group {
			if _, known := acc.GroupByID(n); !known {
				modules.Warn(ctx, "failed to look up group with gid %d. Create group up to this point in real play", n)
			}
		}
		out.gid = &n
	}
	if a.labelled() && SELinux(r) {
		out.selinux = true
		out.context = defaultContext(ctx, r, path)
	}
	return out, nil
}

func lookupUser(acc *sys.Accounts, name string) (int, bool) {
	if n, err := strconv.Atoi(name); err == nil {
		return n, n >= 0
	}
	u, ok := acc.UserByName(name)
	return u.UID, ok
}

func lookupGroup(acc *sys.Accounts, name string) (int, bool) {
	if n, err := strconv.Atoi(name); err == nil {
		return n, n >= 0
	}
	g, ok := acc.GroupByName(name)
	return g.GID, ok
}

// Attributes sets on a wanted node what the parameters name; the node must exist in the wanted state. Modes of links
// are left alone, as Linux has none.
func (s State) Attributes(a Attrs, n *Node) {
	if a.Mode.Given() && n.Kind != Link {
		n.Perm = a.Mode.Apply(n.Perm, n.Kind == Directory, n.umask)
	}
	if s.ask.uid != nil {
		n.UID, n.AnyOwner = *s.ask.uid, false
	}
	if s.ask.gid != nil {
		n.GID, n.AnyGroup = *s.ask.gid, false
	}
	if n.Flags != nil {
		flags := a.Attributes.Apply(*n.Flags)
		n.Flags = &flags
	}
	if s.ask.selinux {
		n.Label = a.label(n.Label, s.ask.context)
	}
}

// Rewrite gives a wanted file node new content. A plain user's rewrite of somebody else's file makes it the user's,
// unless the parameters name an owner.
func (s State) Rewrite(n *Node) {
	if s.Self == 0 {
		return
	}
	n.AnyOwner = s.ask.uid == nil
	n.AnyGroup = s.ask.gid == nil
}
