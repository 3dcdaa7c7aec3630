// Package notify delivers messages to people: as a signed HTTP request, to the standard input of a command, or as mail.
package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/musterhq/muster/internal/serve/jobfile"
)

// Message is what is delivered. Body is JSON that says everything; the rest is what people see first.
type Message struct {
	Job     string
	Kind    string
	Subject string
	Text    string
	Body    []byte
}

// Sender delivers messages.
type Sender struct {
	Client *http.Client
	Env    []string       // of commands
	Roots  *x509.CertPool // that mail servers are known by; nil for the system's
	Now    func() time.Time
}

// Send delivers a message by the way of a notifier, within its timeout.
func (s *Sender) Send(ctx context.Context, n jobfile.Notifier, m Message) error {
	ctx, cancel := context.WithTimeout(ctx, n.Timeout)
	defer cancel()
	switch {
	case n.URL != "":
		return s.post(ctx, n, m)
	case len(n.Command) > 0:
		return s.run(ctx, n, m)
	default:
		return s.mail(ctx, *n.Mail, m)
	}
}

func (s *Sender) post(ctx context.Context, n jobfile.Notifier, m Message) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, n.URL, bytes.NewReader(m.Body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "muster")
	if n.SecretFile != "" {
		secret, err := ReadSecret(n.SecretFile)
		if err != nil {
			return err
		}
		at := strconv.FormatInt(s.Now().Unix(), 10)
		req.Header.Set("X-Muster-Timestamp", at)
		req.Header.Set("X-Muster-Signature", Sign(secret, at, m.Body))
	}
	res, err := s.Client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close() //nolint:errcheck // only read
	if res.StatusCode/100 != 2 {
		text, _ := io.ReadAll(io.LimitReader(res.Body, 200)) //nolint:errcheck // the status says what matters
		return fmt.Errorf("%s answered %s: %s", req.URL.Host, res.Status, strings.TrimSpace(string(text)))
	}
	return nil
}

// Sign is the signature of a request: the HMAC of its time and body under the secret, as the header carries it.
func Sign(secret []byte, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	fmt.Fprintf(mac, "%s.", timestamp)
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// ReadSecret reads a secret from a file, without the end of its line.
func ReadSecret(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if text = bytes.TrimRight(text, "\r\n"); len(text) == 0 {
		return nil, fmt.Errorf("%s is empty", path)
	}
	return text, nil
}

func (s *Sender) run(ctx context.Context, n jobfile.Notifier, m Message) error {
	cmd := exec.CommandContext(ctx, n.Command[0], n.Command[1:]...)
	cmd.Env = append(append([]string{}, s.Env...), "MUSTER_JOB="+m.Job, "MUSTER_NEWS="+m.Kind, "MUSTER_SUBJECT="+m.Subject)
	cmd.Stdin = bytes.NewReader(m.Body)
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", n.Command[0], err, strings.TrimSpace(string(out[:min(len(out), 200)])))
	}
	return nil
}
