package notify

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/smtp"
	"strings"
	"time"

	"github.com/musterhq/muster/internal/serve/jobfile"
)

// mail hands a message to a mail server. The connection is encrypted when the server can do it; a password is never sent
// over one that is not.
func (s *Sender) mail(ctx context.Context, to jobfile.Mail, m Message) error {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", to.Server)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // Quit ended it
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return err
		}
	}
	host, _, _ := net.SplitHostPort(to.Server) //nolint:errcheck // it was checked when the jobs file was read
	c, err := smtp.NewClient(conn, host)
	if err != nil {
		return err
	}
	if err := s.introduce(c, host, to); err != nil {
		return fmt.Errorf("%s: %w", to.Server, err)
	}
	text, err := s.compose(to, m)
	if err != nil {
		return err
	}
	if err := deliver(c, to, text); err != nil {
		return fmt.Errorf("%s: %w", to.Server, err)
	}
	return nil
}

func (s *Sender) introduce(c *smtp.Client, host string, to jobfile.Mail) error {
	encrypted, _ := c.Extension("STARTTLS")
	if encrypted {
		if err := c.StartTLS(&tls.Config{ServerName: host, RootCAs: s.Roots, MinVersion: tls.VersionTLS12}); err != nil {
			return err
		}
	}
	if to.User == "" {
		return nil
	}
	if !encrypted {
		return errors.New("the server offers no encryption, so the password is not sent")
	}
	password, err := ReadSecret(to.PasswordFile)
	if err != nil {
		return err
	}
	return c.Auth(smtp.PlainAuth("", to.User, string(password), host))
}

func deliver(c *smtp.Client, to jobfile.Mail, text []byte) error {
	if err := c.Mail(to.From); err != nil {
		return err
	}
	for _, a := range to.To {
		if err := c.Rcpt(a); err != nil {
			return err
		}
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	return errors.Join(w.Close(), c.Quit())
}

// compose writes the mail itself.
func (s *Sender) compose(to jobfile.Mail, m Message) ([]byte, error) {
	var b bytes.Buffer
	subject := mime.QEncoding.Encode("utf-8", strings.Join(strings.Fields(m.Subject), " "))
	fmt.Fprintf(&b, "From: %s\r\nTo: %s\r\nSubject: %s\r\nDate: %s\r\nMIME-Version: 1.0\r\n", to.From, strings.Join(to.To, ", "), subject, s.Now().Format(time.RFC1123Z))
	b.WriteString("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n")
	q := quotedprintable.NewWriter(&b)
	if _, err := q.Write([]byte(strings.ReplaceAll(m.Text, "\n", "\r\n"))); err != nil {
		return nil, err
	}
	return b.Bytes(), q.Close()
}
