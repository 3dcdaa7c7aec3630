package systemd

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/musterhq/muster/modules/services/dbus"
	"github.com/musterhq/muster/modules/sys"
)

// Scope says which service manager is meant.
type Scope string

// The scopes of systemctl.
const (
	ScopeSystem Scope = "system"
	ScopeUser   Scope = "user"
	ScopeGlobal Scope = "global" // has unit files, but no manager of its own
)

// ErrNoBus is returned where a manager cannot be reached over D-Bus; the systemctl command may still answer.
var ErrNoBus = errors.New("no D-Bus connection to systemd")

const (
	service       = "org.freedesktop.systemd1"
	managerPath   = "/org/freedesktop/systemd1"
	managerIface  = "org.freedesktop.systemd1.Manager"
	propertyIface = "org.freedesktop.DBus.Properties"
)

// Bus holds the connections of one process to service managers: at most one a scope, made when first needed and kept.
// It is safe for concurrent use.
type Bus struct {
	mu    sync.Mutex
	conns map[Scope]*dbus.Conn
}

// NewBus returns a holder without connections.
func NewBus() *Bus { return &Bus{conns: map[Scope]*dbus.Conn{}} }

// Close ends all connections; later calls connect again.
func (b *Bus) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	var errs []error
	for scope, c := range b.conns {
		errs = append(errs, c.Close())
		delete(b.conns, scope)
	}
	return errors.Join(errs...)
}

// socket returns where the manager of a scope listens; hello says that a bus, not the manager itself, answers there.
func socket(r sys.Reader, scope Scope) (path string, hello bool) {
	switch {
	case scope == ScopeUser:
		return runtimeDir(r) + "/systemd/private", false
	case r.Getuid() == 0:
		return "/run/systemd/private", false
	default:
		return "/run/dbus/system_bus_socket", true
	}
}

func (b *Bus) conn(ctx context.Context, r sys.Reader, scope Scope) (*dbus.Conn, error) {
	if r.Root() != "/" || scope == ScopeGlobal {
		return nil, ErrNoBus
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if c := b.conns[scope]; c != nil {
		if !c.Broken() {
			return c, nil
		}
		delete(b.conns, scope)
	}
	path, hello := socket(r, scope)
	c, err := dbus.Dial(ctx, path, r.Getuid(), hello)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrNoBus, path, err)
	}
	b.conns[scope] = c
	return c, nil
}

// read makes calls that change nothing; where a kept connection turns out dead (the manager was re-executed) it is
// made anew once.
func (b *Bus) read(ctx context.Context, r sys.Reader, scope Scope, ms ...dbus.Message) ([]dbus.Reply, error) {
	for attempt := 0; ; attempt++ {
		c, err := b.conn(ctx, r, scope)
		if err != nil {
			return nil, err
		}
		replies, err := c.CallAll(ctx, ms...)
		if err == nil || ctx.Err() != nil {
			return replies, err
		}
		if attempt > 0 {
			return nil, fmt.Errorf("%w: %w", ErrNoBus, err)
		}
	}
}

func managerCall(member string, args ...any) dbus.Message {
	return dbus.Message{Destination: service, Path: managerPath, Interface: managerIface, Member: member, Args: args}
}

func managerProperty(name string) dbus.Message {
	return dbus.Message{Destination: service, Path: managerPath, Interface: propertyIface, Member: "Get",
		Args: []any{managerIface, name}}
}
