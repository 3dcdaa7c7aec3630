package systemd

import (
	"reflect"
	"strings"
	"testing"
)

func TestShowOutputIsRead(t *testing.T) {
	got := ParseShow("Id=a.service\nDescription={odd\nExecStart={ path=/a ; argv[]=/a 'x\ny' ; pid=0 }\nnothing\nExecStop={ x }\nEmpty=\nB=c=d\n")
	want := map[string]string{"Id": "a.service", "Description": "{odd", "ExecStart": "{ path=/a ; argv[]=/a 'x\ny' ; pid=0 }", "ExecStop": "{ x }", "Empty": "", "B": "c=d"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
}

func TestListOfUnitsIsRead(t *testing.T) {
	got := ParseListUnits("  a.service loaded active running The A\n● b.service not-found inactive dead b.service\n* c.service loaded failed failed C\n\n3 loaded units listed.\n")
	want := []UnitRow{{"a.service", "loaded", "active", "running"}, {"b.service", "not-found", "inactive", "dead"}, {"c.service", "loaded", "failed", "failed"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
}

func TestInstallSections(t *testing.T) {
	for text, want := range map[string]installSection{
		"[Unit]\nWantedBy=x\n":                        {},
		"[Service]\n[Install]\nWantedBy=a \\\n  b\n":  {rules: true},
		"[Install]\n#WantedBy=a\n;Alias=b\nWantedBy=": {},
		"[Install]\nAlias=x.service y.service\nAlso = z.socket\nDefaultInstance=0\n[X]\nWantedBy=a": {aliases: []string{"x.service", "y.service"}, rules: true, also: true, defaultInstance: "0"},
	} {
		var got installSection
		got.parse([]byte(text))
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %+v", text, got)
		}
	}
}

func FuzzParseShow(f *testing.F) {
	f.Add("Id=a\nExecStart={ path=/a }\nExecStop={ x\ny }\n")
	f.Fuzz(func(t *testing.T, s string) {
		for k, v := range ParseShow(s) {
			if strings.Contains(k, "\n") || strings.Contains(k, "=") || v != strings.TrimSpace(v) {
				t.Fatalf("%q=%q", k, v)
			}
		}
	})
}

func FuzzUnitFile(f *testing.F) {
	f.Add("[Install]\nAlias=a.service\nWantedBy=b \\\nc\n", "  ● a.service loaded active running X\n")
	f.Fuzz(func(t *testing.T, file, list string) {
		var s installSection
		s.parse([]byte(file))
		if len(s.aliases) > 0 && !s.rules {
			t.Fatal("an alias is a rule")
		}
		for _, u := range ParseListUnits(list) {
			if !isUnitName(u.Name) {
				t.Fatalf("%q is no unit", u.Name)
			}
		}
	})
}
