// Package sources holds the modules that bring source code and what languages' own package managers install to a host.
package sources
