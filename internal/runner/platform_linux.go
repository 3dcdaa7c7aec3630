package runner

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/musterhq/muster/internal/pty"
)

// ownSession takes a process out of our session, so that signals and terminals of ours are not its own.
func ownSession() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

// ownedBy returns the user that a file belongs to.
func ownedBy(i os.FileInfo) (int, bool) {
	st, ok := i.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(st.Uid), true
}

// executable reports that programs may be executed from the file system of dir.
func executable(dir string) error {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	if st.Flags&unix.ST_NOEXEC != 0 {
		return fmt.Errorf("%s: mounted noexec", dir)
	}
	return nil
}

// startTerminal starts the command on a new terminal, which then carries both directions.
func (l *link) startTerminal() error {
	master, slave, err := pty.Open()
	if err != nil {
		return fmt.Errorf("open a terminal: %w", err)
	}
	l.cmd.Stdin, l.cmd.Stdout, l.cmd.Stderr = slave, slave, slave
	l.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	err = l.cmd.Start()
	_ = slave.Close()
	if err != nil {
		return errors.Join(err, master.Close())
	}
	l.in, l.output, l.out = master, master, bufio.NewReaderSize(pty.Reader(master), 16<<10)
	l.closer = func() { _ = master.Close() }
	go l.wait(func() {})
	return nil
}

// makeRaw makes a terminal carry bytes unchanged; what is no terminal is left alone.
func makeRaw(f *os.File) (terminal bool, err error) {
	fd := int(f.Fd())
	t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return false, nil
	}
	t.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.PARMRK | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.ICRNL | unix.IXON
	t.Oflag &^= unix.OPOST
	t.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.ISIG | unix.IEXTEN
	t.Cflag &^= unix.CSIZE | unix.PARENB
	t.Cflag |= unix.CS8
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	return true, unix.IoctlSetTermios(fd, unix.TCSETS, t)
}

// replaceStandard makes standard input, output and error null.
func replaceStandard(null *os.File) error {
	for fd := range 3 {
		if err := unix.Dup3(int(null.Fd()), fd, 0); err != nil {
			return err
		}
	}
	return nil
}

// silence points standard error of this process elsewhere.
func silence() error {
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer func() { _ = null.Close() }()
	return unix.Dup3(int(null.Fd()), int(os.Stderr.Fd()), 0)
}
