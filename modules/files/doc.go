// Package files holds the modules that manage files: file, copy, template's host half, lineinfile, blockinfile,
// replace, stat, slurp, find, tempfile, fetch's host half, unarchive and assemble's host half.
package files
