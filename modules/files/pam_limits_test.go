package files

import (
	"testing"

	"github.com/musterhq/muster/modules/modulestest"
)

func TestPamLimits(t *testing.T) {
	limit := func(more args) args {
		a := args{"dest": "/f", "domain": "joe", "limit_type": "soft", "limit_item": "nofile", "value": "64"}
		for k, v := range more {
			a[k] = v
		}
		return a
	}
	c := func(name, before string, a args, after, msg string) modulestest.Case {
		return modulestest.Case{Name: name, Setup: put("/f", before, 0o600), Args: limit(a), Files: map[string]string{"/f": after},
			Unchanged: before == after, Result: args{"msg": msg}, Meddle: meddleUnless(before == after)}
	}
	const file = "# head\n\n@all hard core 0\njoe  soft nofile   32 # few\n"
	modulestest.Run(t, PamLimits(), cases{
		c("new", "", nil, "joe\tsoft\tnofile\t64\n", "joe\tsoft\tnofile\t64\n"),
		c("changed, the comment stays", file, nil, "# head\n\n@all hard core 0\njoe\tsoft\tnofile\t64\t# few\n", "joe\tsoft\tnofile\t64\t# few\n"),
		c("there", file, args{"value": "32"}, file, "joe  soft nofile   32 # few\n"),
		c("comment", "", args{"comment": "mine"}, "joe\tsoft\tnofile\t64\t#mine\n", "joe\tsoft\tnofile\t64\t#mine\n"),
		c("a higher one stays", "joe soft nofile unlimited\n", args{"use_max": true}, "joe soft nofile unlimited\n", "joe soft nofile unlimited\n"),
		c("a lower one goes", "joe soft nofile 9\n", args{"use_max": true}, "joe\tsoft\tnofile\t64\n", "joe\tsoft\tnofile\t64\n"),
		c("a lower one stays", "joe soft nofile 9\n", args{"use_min": true}, "joe soft nofile 9\n", "joe soft nofile 9\n"),
		c("no end in the last line", "x soft core 0", nil, "x soft core 0\njoe\tsoft\tnofile\t64\n", "joe\tsoft\tnofile\t64\n"),
		{Name: "new file", Args: limit(args{"dest": "/etc/new.conf"}), Files: map[string]string{"/etc/new.conf": "joe\tsoft\tnofile\t64\n"}},
		{Name: "no number", Args: limit(args{"value": "many"}), Failed: "Value of 'many' for item 'nofile' is invalid"},
		{Name: "too nice", Args: limit(args{"limit_item": "nice", "value": "40"}), Failed: "range -20 to 19"},
		{Name: "the file has nonsense", Setup: put("/f", "joe soft core lots\n", 0o644), Args: limit(nil), Failed: "Invalid configuration found in '/f'."},
		{Name: "both ways", Args: limit(args{"use_max": true, "use_min": true}), Failed: "Cannot use use_min and use_max"},
	})
}
