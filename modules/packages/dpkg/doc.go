// Package dpkg reads what Debian's package tools write: dpkg's status file, versions, the control file inside a .deb,
// and the answers of apt-get and apt-cache.
package dpkg
