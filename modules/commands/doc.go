// Package commands holds the modules that run programs on a host: command, shell, script, raw, and setup.
package commands
