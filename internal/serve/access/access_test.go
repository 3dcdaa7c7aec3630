package access

import (
	"strings"
	"testing"
	"time"

	"github.com/musterhq/muster/internal/serve/jobfile"
	"github.com/musterhq/muster/internal/serve/password"
)

func TestDoor(t *testing.T) {
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	f := &jobfile.File{
		Users:  []jobfile.User{{Name: "ops", Role: jobfile.Operator, Hash: password.Hash("pw")}, {Name: "guest", Role: jobfile.Viewer, Hash: password.Hash("pw")}},
		Tokens: []jobfile.Token{{Name: "ci", Role: jobfile.Viewer, SHA256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", Until: now.Add(time.Hour)}},
	}
	d := &Door{File: func() *jobfile.File { return f }, Secret: []byte("s"), Now: func() time.Time { return now }}
	p, err := d.Login("ops", "pw")
	if err != nil || !p.May(jobfile.Operator) || !p.May(jobfile.Viewer) {
		t.Errorf("%+v, %v", p, err)
	}
	if g, err := d.Login("guest", "pw"); err != nil || g.May(jobfile.Operator) || !g.May(jobfile.Viewer) {
		t.Errorf("%+v, %v", g, err)
	}
	if (Person{}).May(jobfile.Viewer) {
		t.Error("nobody may look")
	}
	session, expires := d.Session(p)
	if got, ok := d.Known(session); !ok || got != p {
		t.Errorf("%+v", got)
	}
	for _, bad := range []string{"", "x", session + "x", "x" + session, strings.Replace(session, ".", "", 1)} {
		if _, ok := d.Known(bad); ok {
			t.Errorf("%q is a session", bad)
		}
	}
	if !d.FormFits(session, d.FormToken(session)) || d.FormFits(session, "x") || d.FormFits("", d.FormToken("")) {
		t.Error("forms")
	}
	if _, ok := d.Token("test"); !ok {
		t.Error("the token is not known")
	}
	now = expires
	if _, ok := d.Known(session); ok {
		t.Error("the session outlives its time")
	}
	if _, ok := d.Token("test"); ok {
		t.Error("the token outlives its time")
	}
	if _, ok := d.Token("other"); ok {
		t.Error("another token is known")
	}
}

func TestGuessing(t *testing.T) {
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	f := &jobfile.File{Users: []jobfile.User{{Name: "ops", Hash: "$2a$04$Zf5yX9Y4T1vK6fCq2rQ0yOeD8n4n4mQ9Zy6oQ0gT1S3vTg9pQ1a2e"}}}
	d := &Door{File: func() *jobfile.File { return f }, Now: func() time.Time { return now }}
	var err error
	for range 6 {
		_, err = d.Login("ops", "wrong")
	}
	if err == nil || !strings.Contains(err.Error(), "wait") {
		t.Errorf("the sixth guess: %v", err)
	}
	now = now.Add(time.Minute)
	if _, err = d.Login("ops", "wrong"); err != ErrWrong {
		t.Errorf("a minute later: %v", err)
	}
}
