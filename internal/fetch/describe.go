//go:build !slim

package fetch

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"syscall"

	"github.com/musterhq/muster/modules/sys"
)

// describe words what went wrong on the way.
func describe(err error) error {
	var known *Error
	if errors.As(err, &known) {
		return known
	}
	return &Error{Text: text(err), Err: err}
}

func text(err error) string {
	var no syscall.Errno
	var dns *net.DNSError
	var op *net.OpError
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return "Request failed: <urlopen error [Errno -2] Name or service not known>"
	case errors.As(err, &dns):
		return "Request failed: <urlopen error [Errno -3] Temporary failure in name resolution>"
	case certificate(err) != "":
		return fmt.Sprintf("Request failed: <urlopen error [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: %s>", certificate(err))
	case errors.Is(err, os.ErrDeadlineExceeded) || timeout(err):
		if errors.As(err, &op) && op.Op == "dial" {
			return "Request failed: <urlopen error timed out>"
		}
		return "Connection failure: timed out"
	case errors.As(err, &no):
		return fmt.Sprintf("Request failed: <urlopen error [Errno %d] %s>", int(no), capital(no.Error()))
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "Connection failure: Remote end closed connection without response"
	}
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	return fmt.Sprintf("Request failed: <urlopen error %v>", err)
}

func timeout(err error) bool {
	var n net.Error
	return errors.As(err, &n) && n.Timeout()
}

// certificate says why a certificate was not accepted.
func certificate(err error) string {
	var verification *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &authority):
		if c := authority.Cert; c != nil && bytes.Equal(c.RawIssuer, c.RawSubject) {
			return "self-signed certificate"
		}
		return "unable to get local issuer certificate"
	case errors.As(err, &host):
		return "Hostname mismatch: " + host.Error()
	case errors.As(err, &invalid):
		return invalid.Error()
	case errors.As(err, &verification):
		return verification.Err.Error()
	}
	return ""
}

func capital(s string) string {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return s
	}
	return string(s[0]-'a'+'A') + s[1:]
}

// openFile answers a file URL with a file of the host.
func openFile(r sys.Reader, u *url.URL) (*Response, error) {
	st, err := r.Stat(u.Path)
	if err != nil {
		var no syscall.Errno
		if errors.As(err, &no) {
			return nil, &Error{Text: fmt.Sprintf("Request failed: <urlopen error [Errno %d] %s: '%s'>", int(no), capital(no.Error()), u.Path), Err: err}
		}
		return nil, &Error{Text: fmt.Sprintf("Request failed: <urlopen error %v>", err), Err: err}
	}
	body, err := r.Open(u.Path)
	if err != nil {
		return nil, &Error{Text: fmt.Sprintf("Request failed: <urlopen error %v>", err), Err: err}
	}
	size := fmt.Sprint(st.Size)
	return &Response{Message: "OK (" + size + " bytes)", URL: u.String(), Body: body,
		Headers: map[string]string{"content-length": size, "last-modified": st.Mtime.UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT")}}, nil
}
