package facts

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/musterhq/muster/modules/sys"
)

type linux struct{}

// kernelOf returns the running kernel for the machine that this process runs on, nil for a root that stands in for one.
func kernelOf(r sys.Reader) kernel {
	if r.Root() != "/" {
		return nil
	}
	return linux{}
}

// unameOf asks the running kernel; a throw-away root runs on it too.
func unameOf() uname {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return uname{system: "Linux"}
	}
	text := func(b []byte) string { return strings.ToValidUTF8(unix.ByteSliceToString(b), "\ufffd") }
	return uname{system: text(u.Sysname[:]), node: text(u.Nodename[:]), release: text(u.Release[:]),
		version: text(u.Version[:]), machine: text(u.Machine[:])}
}

func (linux) sizes(mount string) (fsSizes, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(mount, &st); err != nil {
		return fsSizes{}, &os.PathError{Op: "statfs", Path: mount, Err: err}
	}
	s := fsSizes{blockSize: uint64(st.Bsize), fragment: uint64(st.Frsize), blocks: st.Blocks, available: st.Bavail,
		inodes: st.Files, free: st.Ffree}
	if s.fragment == 0 {
		s.fragment = s.blockSize
	}
	return s, nil
}

func (linux) fsType(path string) int64 {
	var st unix.Statfs_t
	if unix.Statfs(path, &st) != nil {
		return 0
	}
	return int64(st.Type) //nolint:unconvert // its width differs between architectures
}

func (linux) cpus() int {
	var mask unix.CPUSet
	if unix.SchedGetaffinity(0, &mask) != nil {
		return 0
	}
	return mask.Count()
}

func (linux) identity() identity {
	return identity{uid: os.Getuid(), euid: os.Geteuid(), gid: os.Getgid(), egid: os.Getegid()}
}

func (linux) loads() ([3]float64, bool) {
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) != nil {
		return [3]float64{}, false
	}
	const scale = 1 << 16
	return [3]float64{float64(info.Loads[0]) / scale, float64(info.Loads[1]) / scale, float64(info.Loads[2]) / scale}, true
}
