// Package systemd reads systemd: the properties of units over D-Bus, written as `systemctl show` writes them, lists of
// units, and the enablement of unit files straight from the folders that hold them. Where there is no D-Bus, the
// systemctl command answers instead.
package systemd
