package transport

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Binary is a runner for one platform.
type Binary struct {
	GOOS, GOARCH string
	SHA256       string // of the program, hexadecimal
	Size         int64  // of the program
	Open         func() (io.ReadCloser, error)
	OpenGzip     func() (io.ReadCloser, error)
}

// Binaries knows the runners that can be pushed.
type Binaries interface {
	// Known lists those that are at hand at once, the likeliest first; it builds and downloads nothing.
	Known() []Binary
	// For returns the one for a platform, building it where that is possible. Its errors say what to do.
	For(ctx context.Context, goos, goarch string) (Binary, error)
}

// FullBinaries is implemented by Binaries whose runners are slim: Full gives those that make web requests too.
type FullBinaries interface {
	Full() Binaries // nil where the runners are full already
}

// selfStarter is a connection to a machine on which this very program can be the runner.
type selfStarter interface {
	RunnerCommand() string // a command line; "" where it cannot
}

// Open starts the runner on a host, installing it first where it is missing. A host that has it costs one round trip.
// version is muster's, for modules that report it.
func Open(ctx context.Context, conn Conn, t Target, binaries Binaries, version string) (*Session, error) {
	if local, ok := conn.(selfStarter); ok {
		if command := local.RunnerCommand(); command != "" {
			l, err := launch(ctx, conn, t.Name, version, command)
			if err == nil && l.session == nil {
				err = l.broken(t.Name)
			}
			return l.session, err
		}
	}
	return opener{conn: conn, t: t, binaries: binaries, version: version, places: hostPlaces()}.open(ctx)
}

type opener struct {
	conn     Conn
	t        Target
	binaries Binaries
	version  string
	places   places
}

// places are folders of a host that do not depend on the user.
type places struct {
	root      string   // root's cache
	temporary []string // where everybody may write
}

func hostPlaces() places {
	return places{root: "/var/cache", temporary: []string{"/var/tmp", "/tmp", "/dev/shm"}}
}

// open opens a session that knows where to find a full runner.
func (o opener) open(ctx context.Context) (*Session, error) {
	s, err := o.openOne(ctx)
	if err != nil {
		return nil, err
	}
	if b, ok := o.binaries.(FullBinaries); ok {
		if other := b.Full(); other != nil {
			o.binaries = other
			s.expand(newFull(o.openOne))
		}
	}
	return s, nil
}

func (o opener) openOne(ctx context.Context) (*Session, error) {
	known := o.binaries.Known()
	l, err := o.try(ctx, known)
	if err != nil || l.session != nil {
		return l.session, err
	}
	r, found := parseReport(l.text)
	if !found {
		if !started(l.text) {
			return nil, l.noShell(o.t.Name, o.t.User)
		}
		// What is installed does not run: damaged, or another machine's in a shared home. Install it anew, once.
		first := l
		if l, err = o.try(ctx, nil); err != nil {
			return nil, err
		}
		if r, found = parseReport(l.text); !found {
			return nil, first.broken(o.t.Name)
		}
	}
	return o.install(ctx, r)
}

func started(text string) bool {
	return strings.Contains("\n"+text, "\n"+markStart) || strings.Contains(text, markStart+"\n")
}

// try runs the start script for the digests of some binaries.
func (o opener) try(ctx context.Context, known []Binary) (launched, error) {
	tmp := o.t.Runner.RemoteTmp
	if tmp == "" {
		tmp = "-"
	}
	args := []string{tmp, strconv.FormatInt(needKiB(known), 10), o.places.root, strings.Join(o.places.temporary, " ")}
	for _, b := range known {
		args = append(args, b.SHA256)
	}
	line, err := shellLine(o.t.Runner.Shell, startScript, args...)
	if err != nil {
		return launched{}, &Error{Host: o.t.Name, Kind: KindConfig, What: err.Error(), Hint: "check ansible_remote_tmp and ansible_shell_executable"}
	}
	return launch(ctx, o.conn, o.t.Name, o.version, line)
}

// needKiB is the space that an install takes, with a little to spare.
func needKiB(known []Binary) int64 {
	size := int64(11 << 20)
	for i, b := range known {
		if i == 0 || b.Size > size {
			size = b.Size
		}
	}
	return size>>10 + 256
}

// install brings the runner to the host and starts it.
func (o opener) install(ctx context.Context, r report) (*Session, error) {
	if r.place == "" {
		if !r.whole {
			return nil, &Error{Host: o.t.Name, Kind: KindNoShell, What: "the shell ended in the middle of a script of ours", Hint: "is /bin/sh a POSIX shell there?"}
		}
		return nil, r.noPlace(o.t.Name)
	}
	goos, goarch, ok := r.platform()
	if !ok {
		return nil, &Error{Host: o.t.Name, Kind: KindPlatform, What: fmt.Sprintf("there is no runner for %s on %s", Neutral(r.os), Neutral(r.arch)),
			Hint: "supported are Linux on amd64, arm64, arm, 386 and riscv64; raw tasks work everywhere"}
	}
	b, err := o.binaries.For(ctx, goos, goarch)
	if err != nil {
		return nil, &Error{Host: o.t.Name, Kind: KindPlatform, What: fmt.Sprintf("no runner for %s/%s: %v", goos, goarch, err), Err: err}
	}
	if err := o.upload(ctx, r, b); err != nil {
		return nil, err
	}
	line, err := shellLine(o.t.Runner.Shell, `exec "$1/$2/runner" runner`, r.place, b.SHA256)
	if err != nil {
		return nil, &Error{Host: o.t.Name, Kind: KindConfig, What: err.Error()}
	}
	l, err := launch(ctx, o.conn, o.t.Name, o.version, line)
	if err == nil && l.session == nil {
		err = l.broken(o.t.Name)
	}
	return l.session, err
}

// upload sends the program through a command's input, which needs no subsystem and, packed, a third of the bytes.
func (o opener) upload(ctx context.Context, r report, b Binary) error {
	open, unpack := b.OpenGzip, "gzip -dc"
	if !r.tools["gzip"] || open == nil {
		open, unpack = b.Open, "cat"
	}
	content, err := open()
	if err != nil {
		return &Error{Host: o.t.Name, Kind: KindRunner, What: "the runner cannot be read: " + err.Error(), Err: err}
	}
	defer func() { _ = content.Close() }()
	line, err := shellLine(o.t.Runner.Shell, installScript, r.place, b.SHA256, nonce(), unpack, r.hashTool())
	if err != nil {
		return &Error{Host: o.t.Name, Kind: KindConfig, What: err.Error()}
	}
	out, err := feedCommand(ctx, o.conn, o.t.Name, line, content)
	if err != nil {
		return err
	}
	return o.installed(out, r)
}

// installed judges what the install script printed.
func (o opener) installed(out output, r report) error {
	if strings.Contains(out.stdout, "\n"+markOK) {
		return nil
	}
	e := &Error{Host: o.t.Name, Kind: KindRunner, What: "the runner cannot be installed in " + Neutral(r.place)}
	if w := words(out.stderr); w != "" {
		e.What += ": " + w
	}
	switch {
	case strings.Contains(out.stderr, "No space left") || strings.Contains(out.stderr, "quota exceeded"):
		e.Kind, e.Hint = KindDiskFull, "free some space, or name another folder with ansible_remote_tmp"
	case strings.Contains(out.stdout, markFail+" digest"):
		e.What += ": the file arrived damaged"
	}
	return e
}

func nonce() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails, says its documentation
	return hex.EncodeToString(b[:])
}

// output is what a finished command left.
type output struct {
	code           int
	stdout, stderr string
}

// uploadTimeout bounds an upload: it is generous, for thin lines.
const uploadTimeout = 15 * time.Minute

// feedCommand runs a command with input; its outputs are bounded to their ends.
func feedCommand(ctx context.Context, conn Conn, host, command string, input io.Reader) (output, error) {
	ctx, cancel := context.WithTimeout(ctx, uploadTimeout)
	defer cancel()
	proc, err := conn.Start(ctx, command, StartOptions{})
	if err != nil {
		return output{}, startError(host, err)
	}
	stop := context.AfterFunc(ctx, func() { _ = proc.Kill() })
	defer stop()
	stdout, stderr := &tail{}, &tail{}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = io.Copy(stderr, proc.Stderr())
	}()
	go func() {
		_, _ = io.Copy(proc.Stdin(), input) // a command that stopped reading says why on standard error
		_ = proc.Stdin().Close()
	}()
	_, _ = io.Copy(stdout, proc.Stdout())
	<-ended
	code, _ := proc.Wait()
	if ctx.Err() != nil {
		return output{}, &Error{Host: host, Kind: KindTimeout, What: "the runner could not be uploaded: " + context.Cause(ctx).Error(), Err: context.Cause(ctx)}
	}
	if lost := lostCause(conn); lost != nil {
		return output{}, lostError(host, lost)
	}
	return output{code: code, stdout: "\n" + stdout.String(), stderr: stderr.String()}, nil
}
