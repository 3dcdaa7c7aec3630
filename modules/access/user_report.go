package access

import (
	"strings"

	"github.com/musterhq/muster/modules"
)

func reportUser(p UserParams, from, to UserState, changed bool) modules.Result {
	if to.planned && from.Exists != to.Exists { // check mode: nothing is known of an account that is not there
		return modules.Result{}
	}
	res := modules.Result{"name": p.Name, "state": p.State}
	to.out.addTo(res)
	switch {
	case !to.Exists && changed:
		res["force"], res["remove"] = p.Force, p.Remove
	case !to.Exists:
	case !from.Exists:
		res["system"], res["create_home"] = p.System, p.CreateHome
	default:
		res["append"], res["move_home"] = p.Append, p.MoveHome
	}
	if !to.Exists {
		return res
	}
	if p.Password != nil {
		res["password"] = "NOT_LOGGING_PASSWORD"
	}
	res["uid"], res["group"], res["comment"], res["home"], res["shell"] = to.UID, to.GID, to.Comment, to.Home, to.Shell
	if p.Groups != nil {
		res["groups"] = strings.Join(p.Groups, ",")
	}
	if p.GenerateSSHKey {
		home := to.Home
		if p.Home != nil {
			home = *p.Home
		}
		res["ssh_key_file"], res["ssh_fingerprint"] = p.keyFile(home), to.key.fingerprint
		res["ssh_public_key"] = nil
		if to.key.public != "" {
			res["ssh_public_key"] = to.key.public
		}
	}
	return res
}
