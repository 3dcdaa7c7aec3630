package notify

import (
	"io"
	"mime"
	"mime/quotedprintable"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/musterhq/muster/internal/serve/jobfile"
	"github.com/musterhq/muster/internal/serve/notify/mailtest"
)

var noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

func sender() *Sender {
	return &Sender{Client: http.DefaultClient, Env: []string{"PATH=" + os.Getenv("PATH")}, Now: func() time.Time { return noon }}
}

var message = Message{Job: "base", Kind: "drift", Subject: "base: 2 drifted – schön\r\nBcc: x@example.org", Text: "web1: drifted\n.\na line – with more\n", Body: []byte(`{"job":"base"}`)}

func secretFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func byMail(server, user, passwordFile string) jobfile.Notifier {
	return jobfile.Notifier{Name: "mail", Timeout: 10 * time.Second,
		Mail: &jobfile.Mail{Server: server, From: "muster@example.org", To: []string{"a@example.org", "b@example.org"}, User: user, PasswordFile: passwordFile}}
}

// TestMail: what arrives is what was sent, in a form that mail programs read, and a subject cannot add heads.
func TestMail(t *testing.T) {
	server := mailtest.Start(t, false, "")
	if err := sender().Send(t.Context(), byMail(server.Addr, "", ""), message); err != nil {
		t.Fatal(err)
	}
	m := server.Mails()[0]
	if m.From != "muster@example.org" || strings.Join(m.To, " ") != "a@example.org b@example.org" || m.Encrypted {
		t.Errorf("%+v", m)
	}
	read, err := mail.ReadMessage(strings.NewReader(m.Text))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(read.Header.Get("Subject"))
	if err != nil || subject != "base: 2 drifted – schön Bcc: x@example.org" || read.Header.Get("Bcc") != "" {
		t.Errorf("%q, %v, %v", subject, read.Header, err)
	}
	if at, err := read.Header.Date(); err != nil || !at.Equal(noon) {
		t.Errorf("%v, %v", at, err)
	}
	body, err := io.ReadAll(quotedprintable.NewReader(read.Body))
	if got := strings.ReplaceAll(string(body), "\r\n", "\n"); err != nil || got != message.Text {
		t.Errorf("%q, %v", got, err)
	}
}

// TestMailWithPassword: the password travels encrypted or not at all.
func TestMailWithPassword(t *testing.T) {
	password := secretFile(t, "s3cret")
	server := mailtest.Start(t, true, "muster:s3cret")
	s := sender()
	if err := s.Send(t.Context(), byMail(server.Addr, "muster", password), message); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a certificate that nobody knows: %v", err)
	}
	s.Roots = server.Roots
	if err := s.Send(t.Context(), byMail(server.Addr, "muster", password), message); err != nil {
		t.Fatal(err)
	}
	if m := server.Mails(); len(m) != 1 || !m[0].Encrypted || m[0].Login != "muster" {
		t.Errorf("%+v", m)
	}
	err := s.Send(t.Context(), byMail(server.Addr, "muster", secretFile(t, "wrong")), message)
	if err == nil || !strings.Contains(err.Error(), "the password is wrong") || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("%v", err)
	}
	open := mailtest.Start(t, false, "muster:s3cret")
	if err := s.Send(t.Context(), byMail(open.Addr, "muster", password), message); err == nil || !strings.Contains(err.Error(), "the password is not sent") {
		t.Errorf("in clear text: %v", err)
	}
}

// TestWebhook: the request is signed, and an answer other than 2xx is an error with what it says.
func TestWebhook(t *testing.T) {
	status := http.StatusOK
	var head http.Header
	var body []byte
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head = r.Header
		body, _ = io.ReadAll(r.Body)
		w.WriteHeader(status)
		io.WriteString(w, "not now")
	}))
	defer srv.Close()
	way := jobfile.Notifier{URL: srv.URL, SecretFile: secretFile(t, "s3cret"), Timeout: 10 * time.Second}
	if err := sender().Send(t.Context(), way, message); err != nil {
		t.Fatal(err)
	}
	at := head.Get("X-Muster-Timestamp")
	if at != "1795694400" || head.Get("X-Muster-Signature") != Sign([]byte("s3cret"), at, body) || string(body) != `{"job":"base"}` {
		t.Errorf("%v %s", head, body)
	}
	status = http.StatusTeapot
	if err := sender().Send(t.Context(), way, message); err == nil || !strings.HasSuffix(err.Error(), "answered 418 I'm a teapot: not now") {
		t.Errorf("%v", err)
	}
}

// TestCommand: it gets the JSON and the words, and its failure is told.
func TestCommand(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	way := jobfile.Notifier{Command: []string{"sh", "-c", `echo "$MUSTER_JOB $MUSTER_NEWS" >` + out + `; cat >>` + out}, Timeout: 10 * time.Second}
	if err := sender().Send(t.Context(), way, message); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(out); err != nil || string(text) != "base drift\n"+`{"job":"base"}` {
		t.Errorf("%q, %v", text, err)
	}
	way.Command = []string{"sh", "-c", "echo no >&2; exit 3"}
	if err := sender().Send(t.Context(), way, message); err == nil || err.Error() != "sh: exit status 3: no" {
		t.Errorf("%v", err)
	}
	way.Command, way.Timeout = []string{"sleep", "60"}, time.Millisecond
	if err := sender().Send(t.Context(), way, message); err == nil {
		t.Error("a command that does not end")
	}
}
