package files

import (
	"testing"

	"github.com/musterhq/muster/modules/modulestest"
)

func TestPamd(t *testing.T) {
	const service = "# PAM\nauth\trequired pam_env.so\nauth [success=1  default=ignore]  pam_unix.so nullok rounds=5\n@include common\n\nsession    optional   pam_motd.so noupdate\n"
	rule := func(state string, more args) args {
		a := args{"path": "/", "name": "f", "type": "session", "control": "optional", "module_path": "pam_motd.so", "state": state}
		for k, v := range more {
			a[k] = v
		}
		return a
	}
	unix := func(state string, more args) args {
		a := rule(state, args{"type": "auth", "control": "[success=1 default=ignore]", "module_path": "pam_unix.so"})
		for k, v := range more {
			a[k] = v
		}
		return a
	}
	const head = "# PAM\n# Updated by muster\nauth       required pam_env.so\n"
	const unixLine = "auth       [success=1 default=ignore] pam_unix.so nullok rounds=5\n"
	const motd = "session    optional pam_motd.so noupdate\n"
	c := func(name string, a args, after string, count int) modulestest.Case {
		return modulestest.Case{Name: name, Setup: put("/f", service, 0o644), Args: a, Files: map[string]string{"/f": after}, Unchanged: count == 0,
			Result: args{"change_count": count, "backupdest": ""}, Meddle: meddleUnless(count == 0)}
	}
	made := args{"new_type": "auth", "new_control": "required", "new_module_path": "pam_faillock.so", "module_arguments": []any{"preauth"}}
	const lock = "auth       required pam_faillock.so preauth\n"
	modulestest.Run(t, Pamd(), cases{
		c("absent", rule("absent", nil), head+unixLine+"@include common\n\n", 1),
		c("absent already", rule("absent", args{"module_path": "pam_no.so"}), service, 0),
		{Name: "updated", Setup: put("/f", service, 0o644), Args: unix("updated", args{"new_control": "sufficient", "module_arguments": ""}), Files: map[string]string{"/f": head + "auth       sufficient pam_unix.so\n@include common\n\n" + motd},
			Repeats: true}, // the rule is not found any more, and nothing changes
		c("updated already", rule("updated", args{"module_arguments": []any{"noupdate"}}), service, 0),
		c("arguments", unix("args_present", args{"module_arguments": []any{"nullok", "rounds=9", "sha512"}}), head+"auth       [success=1 default=ignore] pam_unix.so nullok rounds=9 sha512\n@include common\n\n"+motd, 1),
		c("arguments are there", unix("args_present", args{"module_arguments": "nullok rounds=5"}), service, 0),
		c("arguments go", unix("args_absent", args{"module_arguments": []any{"nullok", "x"}}), head+"auth       [success=1 default=ignore] pam_unix.so rounds=5\n@include common\n\n"+motd, 1),
		c("before", unix("before", made), head+lock+unixLine+"@include common\n\n"+motd, 1),
		c("after", unix("after", made), head+unixLine+lock+"@include common\n\n"+motd, 1),
		c("after the last", rule("after", made), head+unixLine+"@include common\n\n"+motd+lock, 1),
		{Name: "no such service", Args: rule("absent", nil), Failed: "Unable to open/read PAM module file /f"},
		{Name: "no control", Setup: put("/f", service, 0o644), Args: unix("updated", args{"new_control": "perhaps"}), Failed: "Rule control, perhaps, is not valid"},
		{Name: "no value", Setup: put("/f", service, 0o644), Args: unix("updated", args{"new_control": "[luck=1]"}), Failed: "Rule control value, luck, is not valid"},
		{Name: "broken file", Setup: put("/f", "nonsense\n", 0o644), Args: rule("absent", nil), Failed: "Rule is not valid nonsense"},
		{Name: "brackets", Setup: put("/f", service, 0o644), Args: unix("args_present", args{"module_arguments": "[a b]"}), Failed: "Unable to process bracketed"},
		{Name: "nothing to put", Setup: put("/f", service, 0o644), Args: rule("before", nil), Failed: "state is before but all of the following are missing"},
	})
}
