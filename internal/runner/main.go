package runner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"github.com/musterhq/muster/transport/wire"
)

// Main is the whole program of a runner: args are the words after the program's name. It returns the exit code.
// ctx is the only root of what runs; Main ends it on a hang-up or a request to terminate.
func Main(ctx context.Context, args []string, o Options) int {
	if len(args) > 0 && args[0] == "runner" {
		args = args[1:]
	}
	command := "serve"
	if len(args) > 0 {
		command = args[0]
	}
	if o.Self == nil {
		o.Self = self()
	}
	var err error
	switch command {
	case "serve":
		err = serveStandard(ctx, o)
	case "async":
		if len(args) > 1 {
			o.Version = args[1]
		}
		err = RunJob(ctx, os.Stdin, os.Stdout, o, leaveStandard)
	case "guard":
		if len(args) > 1 {
			o.Version = args[1]
		}
		err = RunGuard(ctx, os.Stdin, os.Stdout, o, leaveStandard)
	case "digest":
		err = printDigest(os.Stdout)
	case "version":
		_, err = fmt.Println(o.Version)
	default:
		err = fmt.Errorf("unknown command %q; this program is started by muster", command)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "muster runner: %v\n", err)
		return 1
	}
	return 0
}

func self() []string {
	exe, err := os.Executable()
	if err != nil {
		return nil
	}
	return []string{exe, "runner"}
}

// serveStandard serves on standard input and output, which are a terminal where a become method demanded one.
func serveStandard(ctx context.Context, o Options) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGHUP, os.Interrupt)
	defer stop()
	// A closed connection must end in an error of write, not in death by SIGPIPE with commands still running. A handler
	// does that and is, unlike ignoring, not inherited by commands.
	broken := make(chan os.Signal, 1)
	signal.Notify(broken, syscall.SIGPIPE)
	defer signal.Stop(broken)

	// A runner mostly waits. On one processor a request is worked on without waking other threads first, which halves what
	// an unchanged task costs the host; what blocks in the kernel still does not hold up the rest.
	runtime.GOMAXPROCS(1)

	if err := readable(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, wire.Astray)
		return err
	}
	terminal, err := makeRaw(os.Stdin)
	if err != nil {
		return fmt.Errorf("terminal: %w", err)
	}
	if terminal {
		if err := silence(); err != nil {
			return err
		}
	}
	if err := reachableFolder(); err != nil {
		return err
	}
	leash(os.Stderr) // nothing comes in there, so it tells of the end alone
	err = Serve(ctx, pollable(os.Stdin), pollable(os.Stdout), o)
	if len(o.Self) > 0 {
		CleanUp(o.Self[0], time.Now())
	}
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// readable refuses an output that nobody reads: a file, or the null device.
func readable(out *os.File) error {
	i, err := out.Stat()
	if err != nil {
		return fmt.Errorf("standard output: %w", err)
	}
	null, err := os.Stat(os.DevNull)
	if i.Mode().IsRegular() || err == nil && os.SameFile(i, null) {
		return errors.New("standard output is a file: what starts the runner redirects it")
	}
	return nil
}

// reachableFolder leaves a working folder that this user may not read: a child starts in the home of another one.
func reachableFolder() error {
	if dir, err := os.Getwd(); err == nil {
		if f, err := os.Open(dir); err == nil {
			return f.Close()
		}
	}
	for _, dir := range []string{currentUser().HomeDir, os.TempDir(), "/"} {
		if dir != "" && os.Chdir(dir) == nil {
			return nil
		}
	}
	return errors.New("no folder to work in")
}

// leaveStandard lets go of the pipes to the starting process.
func leaveStandard() error {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(replaceStandard(null), null.Close())
}

// printDigest prints the SHA-256 of this program, for hosts without a tool that does.
func printDigest(out io.Writer) error {
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	digest, err := digestOfFile(exe)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, digest)
	return err
}
