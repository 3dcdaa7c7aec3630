package ssh

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"

	"golang.org/x/crypto/ssh"

	"github.com/musterhq/muster/transport"
)

var (
	errExposed    = errors.New("its permissions let others read it; chmod 600 it")
	errNotPrivate = errors.New("it holds no private key that is understood")
	errPKCS8      = errors.New("encrypted PKCS#8 is not understood; convert it with ssh-keygen -p -f")
	errPassphrase = errors.New("wrong passphrase")
	errLocked     = errors.New("it is encrypted and there is no passphrase for it")
)

// keyring keeps the key files that were read, and what opened the encrypted ones, for all hosts.
type keyring struct {
	mu    sync.Mutex
	files map[string]*keyFile
}

// keyFile is a private key on disk. Its public half is known before its passphrase is, except in old formats.
type keyFile struct {
	path   string
	pem    []byte
	public ssh.PublicKey
	err    error // why it cannot be used at all

	asking sync.Mutex // one question for all hosts; held while a person thinks
	mu     sync.Mutex
	signer ssh.Signer // once open
	sealed error      // why it could not be opened; it is not tried again
}

// load returns a key file, read once.
func (k *keyring) load(path string) *keyFile {
	k.mu.Lock()
	defer k.mu.Unlock()
	if f := k.files[path]; f != nil {
		return f
	}
	if k.files == nil {
		k.files = map[string]*keyFile{}
	}
	f := readKey(path)
	k.files[path] = f
	return f
}

func readKey(path string) *keyFile {
	f := &keyFile{path: path}
	info, err := os.Stat(path)
	if err == nil && exposed(info) && !publicOnly(path) {
		err = errExposed
	}
	if err == nil {
		f.pem, err = os.ReadFile(path)
	}
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			if f.public = readPublic(path + ".pub"); f.public != nil { // an agent may hold the other half
				f.sealed = errNotPrivate
				return f
			}
		}
		f.err = err
		return f
	}
	var missing *ssh.PassphraseMissingError
	signer, err := ssh.ParsePrivateKey(f.pem)
	switch {
	case err == nil:
		f.signer, f.public = signer, signer.PublicKey()
	case errors.As(err, &missing):
		if f.public = missing.PublicKey; f.public == nil {
			f.public = readPublic(path + ".pub")
		}
	case strings.Contains(string(f.pem), "BEGIN ENCRYPTED PRIVATE KEY"):
		f.err = errPKCS8
	default:
		if f.public = readPublic(path); f.public == nil {
			f.public = readPublic(path + ".pub")
		}
		f.sealed = errNotPrivate
		if f.public == nil {
			f.err = errNotPrivate
		}
	}
	return f
}

func publicOnly(path string) bool { return readPublic(path) != nil }

// readPublic reads a public key or certificate, or returns nil.
func readPublic(path string) ssh.PublicKey {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey(text)
	if err != nil {
		return nil
	}
	return key
}

// encrypted reports whether a passphrase is needed that nobody gave yet.
func (f *keyFile) encrypted() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err == nil && f.signer == nil
}

// private reports whether the file holds a private key, open or not.
func (f *keyFile) private() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return !errors.Is(f.sealed, errNotPrivate)
}

// open returns the private half. It asks for a passphrase at most once for all hosts; whoever comes later gets the
// same answer.
func (f *keyFile) open(d *Dialer, s *settings, given string, w *watch) (signer ssh.Signer, err error) {
	if !f.encrypted() {
		return f.signer, f.err
	}
	w.hold(func() { signer, err = f.unseal(w.ctx, d, s, given) }) // the clock stands still for those who wait, too
	return signer, err
}

func (f *keyFile) unseal(ctx context.Context, d *Dialer, s *settings, given string) (ssh.Signer, error) {
	f.asking.Lock()
	defer f.asking.Unlock()
	if !f.encrypted() {
		return f.signer, f.err
	}
	if given != "" && !errors.Is(f.sealed, errNotPrivate) {
		signer, err := f.unlock(given)
		if err == nil {
			f.settle(signer, nil)
		}
		return signer, err
	}
	if f.sealed != nil {
		return nil, f.sealed
	}
	if s.batch {
		return nil, errLocked
	}
	signer, err := f.ask(ctx, d, s.prompts)
	if ctx.Err() == nil { // else it was only this host that ran out of time
		f.settle(signer, err)
	}
	return signer, err
}

func (f *keyFile) settle(signer ssh.Signer, sealed error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.signer, f.sealed = signer, sealed
}

// ask asks for the passphrase until it fits.
func (f *keyFile) ask(ctx context.Context, d *Dialer, attempts int) (ssh.Signer, error) {
	if err := d.question.acquire(ctx); err != nil {
		return nil, err
	}
	defer d.question.release()
	err := errLocked
	for range attempts {
		passphrase, askErr := d.ask(ctx, fmt.Sprintf("Enter passphrase for key '%s': ", f.path), true)
		if errors.Is(askErr, transport.ErrNoTerminal) {
			return nil, errLocked
		}
		if askErr != nil {
			return nil, askErr
		}
		if passphrase == "" { // as in OpenSSH: leave this key out
			return nil, errLocked
		}
		var signer ssh.Signer
		if signer, err = f.unlock(passphrase); err == nil {
			return signer, nil
		}
	}
	return nil, err
}

func (f *keyFile) unlock(passphrase string) (ssh.Signer, error) {
	signer, err := ssh.ParsePrivateKeyWithPassphrase(f.pem, []byte(passphrase))
	if errors.Is(err, x509.IncorrectPasswordError) {
		return nil, errPassphrase
	}
	if err != nil {
		return nil, errors.New(strings.TrimPrefix(err.Error(), "ssh: "))
	}
	return signer, nil
}

// readCertificate reads a user certificate.
func readCertificate(path string) (*ssh.Certificate, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey(text)
	if err != nil {
		return nil, err
	}
	cert, ok := key.(*ssh.Certificate)
	if !ok {
		return nil, errors.New("it is no certificate")
	}
	return cert, nil
}
