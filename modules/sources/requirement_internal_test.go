package sources

import "testing"

func TestRequirement(t *testing.T) {
	for _, tt := range []struct {
		text, version string
		want          bool
	}{
		{"a", "0.1", true}, {"a==1.0", "1.0.0", true}, {"a==1.0", "1.0+local", true}, {"a==1.0", "1.0.1", false}, {"a==1.*", "1.9", true}, {"a==1.*", "10.0", false},
		{"a!=1.*", "1.9", false}, {"a>=1.10", "1.9", false}, {"a>=1.10,<2", "1.11", true}, {"a~=1.4.2", "1.4.9", true}, {"a~=1.4.2", "1.5", false},
		{"a>=1.0", "1.0rc1", false}, {"a>1.0", "1.0.post1", true}, {"a<1.0a1", "1.0.dev1", true}, {"a[x]>=2", "2", true}, {"a>=1!1", "2.0", false}, {"a===odd", "odd", true},
	} {
		r := parseRequirement(tt.text)
		if r.name != "a" || r.allows(tt.version) != tt.want {
			t.Errorf("%s allows %s: %v, name %q", tt.text, tt.version, !tt.want, r.name)
		}
	}
	for _, text := range []string{"git+https://example.com/x.git", "./dir", "/tmp/x.whl", "a @ https://example.com/a.zip", "a; python_version < '3'"} {
		if r := parseRequirement(text); r.name != "" {
			t.Errorf("%s has the name %s", text, r.name)
		}
	}
	if normalName("Zope.Interface_x") != "zope-interface-x" {
		t.Error(normalName("Zope.Interface_x"))
	}
}
