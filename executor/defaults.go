package executor

import (
	"strconv"
	"time"

	"github.com/musterhq/muster/internal/settings"
	"github.com/musterhq/muster/transport"
)

// Defaults are connection settings from flags and ansible.cfg, below the inventory's variables.
type Defaults struct {
	User           string
	Port           string // "" is ~/.ssh/config's, else 22
	KeyFile        string
	Connection     string
	Timeout        time.Duration
	CommonArgs     string
	ExtraArgs      string
	SSHArgs        string
	SSHExecutable  string // without effect, but that it is warned of
	Retries        string // how often connecting is tried again; "" is never
	HostKeys       transport.HostKeyPolicy
	Password       string // secret
	RemoteTmp      string // "" lets the installation choose
	Become         bool
	BecomeMethod   string
	BecomeUser     string
	BecomeFlags    string
	BecomeExe      string
	BecomePassword string // secret
}

// DefaultsFrom takes them from the settings. Passwords that are asked for or read from files are the caller's to add.
func DefaultsFrom(s *settings.Settings) Defaults {
	b := s.BecomeFor(s.BecomeMethod)
	d := Defaults{
		User: s.RemoteUser, KeyFile: s.PrivateKeyFile, Connection: s.Connection, Timeout: s.Timeout,
		SSHArgs: s.SSHArgs, CommonArgs: s.SSHCommonArgs, ExtraArgs: s.SSHExtraArgs, SSHExecutable: s.SSHExecutable, HostKeys: transport.HostKeyAsk,
		Become: s.Become, BecomeMethod: s.BecomeMethod, BecomeUser: b.User, BecomeFlags: b.Flags, BecomeExe: b.Exe, BecomePassword: b.Password,
	}
	if !s.HostKeyChecking {
		d.HostKeys = transport.HostKeyOff
	}
	if s.RemotePort > 0 {
		d.Port = strconv.Itoa(s.RemotePort)
	}
	if s.SSHRetries > 0 {
		d.Retries = strconv.Itoa(s.SSHRetries)
	}
	if s.Given("shell/sh/remote_tmp") {
		d.RemoteTmp = s.RemoteTmp
	}
	return d
}
