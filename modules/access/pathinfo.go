package access

import (
	"context"
	"fmt"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// ownerNames are the names of a file's owner and group.
type ownerNames struct{ user, group string }

func namesOfOwner(ctx context.Context, r sys.Reader, f fileState) ownerNames {
	if !f.Exists || f.UID < 0 { // in check mode a new file is not there yet
		return ownerNames{}
	}
	accounts := sys.NewAccounts(ctx, r)
	user, _ := accounts.UserByID(f.UID)
	group, _ := accounts.GroupByID(f.GID)
	return ownerNames{user: user.Name, group: group.Name}
}

// addPathInfo adds what every result with a path tells of the file.
func addPathInfo(res modules.Result, f fileState, names ownerNames) {
	if !f.Exists || f.UID < 0 { // in check mode a new file is not there yet
		res["state"] = "absent"
		return
	}
	res["uid"], res["gid"], res["mode"], res["size"], res["state"] = f.UID, f.GID, fmt.Sprintf("%04o", f.Perm), len(f.Content), "file"
	if names.user != "" {
		res["owner"] = names.user
	}
	if names.group != "" {
		res["group"] = names.group
	}
}
