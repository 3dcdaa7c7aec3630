package facts

import "net/netip"

// kernel answers what the running kernel knows and files do not. It exists only for the machine that this process
// runs on.
type kernel interface {
	sizes(mount string) (fsSizes, error)
	cpus() int // processors that this process may run on
	identity() identity
	loads() ([3]float64, bool)
	links() ([]link, error)
	route(to netip.Addr) (route, error)
	fsType(path string) int64
}

// uname is what uname(2) says.
type uname struct{ system, node, release, version, machine string }

type identity struct{ uid, euid, gid, egid int }

// fsSizes is what statvfs(3) says of a file system.
type fsSizes struct {
	blockSize, fragment             uint64
	blocks, available, inodes, free uint64
}

// link is a network interface with its addresses.
type link struct {
	index int
	name  string
	addrs []address
}

// address is one address of an interface.
type address struct {
	ip        netip.Addr
	prefix    int
	peer      bool // point to point: the prefix belongs to the other end
	label     string
	broadcast netip.Addr
	scope     uint8
	secondary bool // an IPv4 secondary or an IPv6 temporary address
}

// route is the way to an address.
type route struct {
	index           int
	source, gateway netip.Addr
}
