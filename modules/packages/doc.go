// Package packages holds the modules that manage packages: apt, package, package_facts and those of other systems'
// package managers.
package packages
