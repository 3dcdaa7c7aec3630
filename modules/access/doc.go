// Package access holds the modules for who may use a host and what runs for them there: users, groups, authorized
// keys, known hosts, cron jobs, what SELinux allows, and the host's own name.
package access
