package modules

import (
	"context"
	"fmt"
	"strconv"

	"github.com/musterhq/muster/modules/sys"
)

// AddPathInfo adds what Ansible says of every path that a result names under path or dest: owner, group, uid, gid, mode,
// size and state. Keys that are there already stay.
func AddPathInfo(ctx context.Context, r sys.Reader, res Result) {
	name, ok := res["path"].(string)
	if !ok {
		if name, ok = res["dest"].(string); !ok {
			return
		}
	}
	if _, err := r.Stat(name); err != nil {
		return
	}
	st, err := r.Lstat(name)
	if err != nil {
		return
	}
	acc := sys.NewAccounts(ctx, r)
	owner, group := strconv.Itoa(st.UID), strconv.Itoa(st.GID)
	if u, ok := acc.UserByID(st.UID); ok {
		owner = u.Name
	}
	if g, ok := acc.GroupByID(st.GID); ok {
		group = g.Name
	}
	state := "file"
	switch {
	case st.IsLink():
		state = "link"
	case st.IsDir():
		state = "directory"
	case st.Nlink > 1:
		state = "hard"
	}
	info := Result{"uid": st.UID, "gid": st.GID, "owner": owner, "group": group, "mode": fmt.Sprintf("0%03o", st.Perm), "size": st.Size, "state": state}
	for k, v := range info {
		if _, has := res[k]; !has {
			res[k] = v
		}
	}
}
