package files

import (
	"testing"

	"github.com/musterhq/muster/modules/modulestest"
)

func TestIniFile(t *testing.T) {
	c := func(name, before string, a args, after, msg string) modulestest.Case {
		a["path"] = "/f"
		return modulestest.Case{Name: name, Setup: put("/f", before, 0o600), Args: a, Files: map[string]string{"/f": after},
			Unchanged: before == after, Result: args{"msg": msg, "path": "/f"}, Meddle: meddleUnless(before == after)}
	}
	const two = "top = 0\n[a]\nx = 1\n; x = 2\ny=3\n\n[b]\nx = 9\n"
	modulestest.Run(t, IniFile(), cases{
		c("there", two, args{"section": "a", "option": "x", "value": "1", "exclusive": false}, two, "OK"),
		c("other value, commented lines go", two, args{"section": "a", "option": "x", "value": "5"}, "top = 0\n[a]\nx = 5\ny=3\n\n[b]\nx = 9\n", "option changed"),
		c("a commented line with the value comes in", two, args{"section": "a", "option": "x", "value": "2"}, "top = 0\n[a]\nx = 2\ny=3\n\n[b]\nx = 9\n", "option changed"),
		c("blanks around the sign", two, args{"section": "a", "option": "y", "value": "3"}, "top = 0\n[a]\nx = 1\n; x = 2\ny = 3\n\n[b]\nx = 9\n", "option changed"),
		c("no blanks", two, args{"section": "a", "option": "y", "value": "3", "no_extra_spaces": true}, two, "OK"),
		c("new option before the empty line", two, args{"section": "a", "option": "z", "value": "7"}, "top = 0\n[a]\nx = 1\n; x = 2\ny=3\nz = 7\n\n[b]\nx = 9\n", "option added"),
		c("new section", "[a]\n", args{"section": "b", "option": "z", "value": "7"}, "[a]\n[b]\nz = 7\n", "section and option added"),
		c("section alone", "[a]\n", args{"section": "b", "allow_no_value": true}, "[a]\n[b]\n", "only section added"),
		c("without section", two, args{"option": "top", "value": "1"}, "top = 1\n[a]\nx = 1\n; x = 2\ny=3\n\n[b]\nx = 9\n", "option changed"),
		c("without section, new", "[a]\n", args{"option": "n", "value": "1"}, "n = 1\n[a]\n", "option added"),
		c("several values", "[a]\nx = 1\nx = 2\nx = 3\n", args{"section": "a", "option": "x", "values": []any{"3", "4"}}, "[a]\nx = 4\nx = 3\n", "option changed"),
		c("several values beside others", "[a]\nx = 1\n", args{"section": "a", "option": "x", "values": []any{"2", "3"}, "exclusive": false}, "[a]\nx = 1\nx = 2\nx = 3\n", "option added"),
		c("no value", "[a]\nx = 1\n", args{"section": "a", "option": "skip", "allow_no_value": true}, "[a]\nx = 1\nskip\n", "option added"),
		c("no value, there", "[a]\nskip\n", args{"section": "a", "option": "skip", "allow_no_value": true}, "[a]\nskip\n", "OK"),
		c("last line without end", "[a]\nx = 1", args{"section": "a", "option": "x", "value": "1"}, "[a]\nx = 1\n", "OK"),
		c("empty file", "", args{"section": "a", "option": "x", "value": "1"}, "\n[a]\nx = 1\n", "section and option added"),
		c("option absent", two, args{"section": "a", "option": "x", "state": "absent"}, "top = 0\n[a]\n; x = 2\ny=3\n\n[b]\nx = 9\n", "option changed"),
		c("one value absent", "[a]\nx = 1\nx = 2\n", args{"section": "a", "option": "x", "value": "2", "state": "absent", "exclusive": false}, "[a]\nx = 1\n", "option changed"),
		c("section absent", two, args{"section": "a", "state": "absent"}, "top = 0\n[b]\nx = 9\n", "section removed"),
		c("section absent already", two, args{"section": "c", "state": "absent"}, two, "OK"),
		{Name: "new file", Args: args{"path": "/new/f", "section": "a", "option": "x", "value": "1", "mode": "0600"}, Files: map[string]string{"/new/f": "\n[a]\nx = 1\n"}},
		{Name: "mode only", Setup: put("/f", "[a]\nx = 1\n", 0o644), Args: args{"path": "/f", "section": "a", "option": "x", "value": "1", "mode": "0600"}, Result: args{"msg": "OK"}},
		{Name: "not made", Args: args{"path": "/f", "section": "a", "option": "x", "value": "1", "create": false}, Failed: "Destination /f does not exist!"},
		{Name: "nothing to set", Setup: put("/f", "", 0o600), Args: args{"path": "/f", "section": "a", "option": "x"}, Failed: "Parameter 'value(s)' must be defined"},
		{Name: "both", Setup: put("/f", "", 0o600), Args: args{"path": "/f", "option": "x", "value": "1", "values": []any{"2"}}, Failed: "mutually exclusive"},
	})
}
