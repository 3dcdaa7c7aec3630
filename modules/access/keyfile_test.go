package access

import "testing"

func FuzzKeyFile(f *testing.F) {
	f.Add("# mine\n\nno-pty,from=\"a,b\" ssh-rsa AAAA c d\n", "ssh-rsa AAAB x")
	f.Add("ssh-rsa AAAB x", "ssh-rsa AAAB y\nssh-dss Q")
	f.Add("'", "a='b,ssh-rsa X")
	f.Fuzz(func(t *testing.T, content, keys string) {
		p := AuthorizedKeyParams{State: "present"}
		once, _, err := p.edit(keys, content)
		if err != nil {
			return
		}
		twice, changed, err := p.edit(keys, once)
		if err != nil || changed && twice != once {
			t.Fatalf("%q with %q becomes %q, then %q (%v)", content, keys, once, twice, err)
		}
	})
}
