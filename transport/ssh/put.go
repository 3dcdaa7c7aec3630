package ssh

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/pkg/sftp"

	"github.com/musterhq/muster/transport"
)

// putConcurrency is how many packets of 32 KiB are under way at once.
const putConcurrency = 32

var (
	errEnded    = errors.New("the other side closed the connection")
	errNoSFTP   = errors.New("the server has no SFTP subsystem")
	errTooShort = errors.New("the content is shorter than announced")
)

// Put writes a file by SFTP, or through a shell when the server has no SFTP.
func (c *conn) Put(ctx context.Context, name string, content io.Reader, size int64, perm uint32) error {
	if !c.noSFTP.Load() {
		counted := &counter{Reader: io.LimitReader(content, size)}
		err := c.putSFTP(ctx, name, counted, size, perm)
		if err == nil || counted.n > 0 && !rewind(content) || ctx.Err() != nil || c.over() {
			return c.putError(ctx, name, err)
		}
		var made *transport.Error
		if errors.As(err, &made) && made.Kind != transport.KindNoPlace {
			return made
		}
		if errors.Is(err, errNoSFTP) {
			c.noSFTP.Store(true)
		}
		// SFTP has few words for what went wrong; the shell either succeeds or says it.
	}
	return c.putShell(ctx, name, content, size, perm)
}

func rewind(content io.Reader) bool {
	seeker, ok := content.(io.Seeker)
	if !ok {
		return false
	}
	_, err := seeker.Seek(0, io.SeekStart)
	return err == nil
}

type counter struct {
	io.Reader
	n int64
}

// Read counts what was read.
func (c *counter) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += int64(n)
	return n, err
}

func (c *conn) putSFTP(ctx context.Context, name string, content io.Reader, size int64, perm uint32) error {
	session, err := c.session(ctx)
	if err != nil {
		return err
	}
	defer c.sessionEnded(session)
	stop := context.AfterFunc(ctx, func() { session.Close() })
	defer stop()
	in, inErr := session.StdinPipe()
	out, outErr := session.StdoutPipe()
	if err := errors.Join(inErr, outErr); err != nil {
		return err
	}
	if err := session.RequestSubsystem("sftp"); err != nil {
		return errNoSFTP
	}
	client, err := sftp.NewClientPipe(out, in, sftp.UseConcurrentWrites(true))
	if err != nil {
		return fmt.Errorf("%w: %w", errNoSFTP, err)
	}
	defer client.Close()
	file, err := client.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC)
	if err != nil {
		return err
	}
	if err := file.Chmod(fs.FileMode(perm).Perm()); err != nil {
		file.Close()
		return err
	}
	written, err := file.ReadFromWithConcurrency(content, putConcurrency)
	if err != nil {
		file.Close()
		return c.fullOr(client, name, err)
	}
	if written != size {
		file.Close()
		return errTooShort
	}
	return file.Close()
}

// fullOr says that the disk is full, which SFTP itself has no word for, or returns the error.
func (c *conn) fullOr(client *sftp.Client, name string, err error) error {
	if stat, statErr := client.StatVFS(path.Dir(name)); statErr == nil && (stat.Bavail == 0 || stat.Files > 0 && stat.Favail == 0) {
		return c.diskFull(name, err)
	}
	return err
}

func (c *conn) diskFull(name string, err error) error {
	return &transport.Error{Host: c.s.name, Kind: transport.KindDiskFull, What: "no space left for " + name, Err: err,
		Hint: "free some space on that file system"}
}

// putError words an error of SFTP.
func (c *conn) putError(ctx context.Context, name string, err error) error {
	if err == nil {
		return nil
	}
	e := &transport.Error{Host: c.s.name, Kind: transport.KindLost, What: fmt.Sprintf("cannot write %s: %s", name, cause(err)), Err: err}
	var made *transport.Error
	switch {
	case errors.As(err, &made):
		return made
	case ctx.Err() != nil:
		e.What = "writing " + name + " was cancelled"
	case c.over():
		return c.lost(err)
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission):
		e.Kind = transport.KindNoPlace
	}
	return e
}

// putShell writes through a shell. The size is checked there, since a broken pipe looks like the end of the content.
func (c *conn) putShell(ctx context.Context, name string, content io.Reader, size int64, perm uint32) error {
	q := quote(name)
	script := fmt.Sprintf("umask 077 && cat > %s && chmod %o %s && test \"$(wc -c < %s)\" -eq %d", q, perm&0o777, q, q, size)
	p, err := c.Start(ctx, "/bin/sh -c "+quote(script), transport.StartOptions{})
	if err != nil {
		return err
	}
	copied := make(chan error, 1)
	go func() {
		n, err := io.Copy(p.Stdin(), io.LimitReader(content, size))
		if err == nil && n != size {
			err = errTooShort
		}
		copied <- errors.Join(err, ignoreEOF(p.Stdin().Close()))
	}()
	go func() { _, _ = io.Copy(io.Discard, p.Stdout()) }()
	var said bytes.Buffer
	_, _ = io.Copy(&said, io.LimitReader(p.Stderr(), 4<<10))
	go func() { _, _ = io.Copy(io.Discard, p.Stderr()) }()
	code, err := p.Wait()
	if err != nil { // the copying may be stuck until the connection ends
		return err
	}
	copyErr := <-copied
	if code == 0 && copyErr == nil {
		return nil
	}
	return c.shellError(name, code, said.String(), copyErr)
}

func (c *conn) shellError(name string, code int, said string, err error) error {
	lower := strings.ToLower(said)
	switch {
	case strings.Contains(lower, "no space left"), strings.Contains(lower, "quota exceeded"):
		return c.diskFull(name, err)
	case errors.Is(err, errTooShort):
		return &transport.Error{Host: c.s.name, Kind: transport.KindRunner, What: fmt.Sprintf("cannot write %s: %v", name, errTooShort), Err: err}
	}
	lines := strings.Split(strings.TrimSpace(said), "\n")
	e := &transport.Error{Host: c.s.name, Kind: transport.KindNoShell, Err: err,
		What: fmt.Sprintf("cannot write %s: %s", name, printable(lines[len(lines)-1]))}
	if strings.TrimSpace(said) == "" {
		e.What = fmt.Sprintf("cannot write %s: the shell ended with code %d", name, code)
	}
	for _, sign := range []string{"permission denied", "read-only", "no such file", "is a directory", "cannot create", "not a directory"} {
		if strings.Contains(lower, sign) {
			e.Kind = transport.KindNoPlace
		}
	}
	return e
}

func ignoreEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// quote makes a word of a shell.
func quote(word string) string { return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'" }
