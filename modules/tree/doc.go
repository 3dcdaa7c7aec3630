// Package tree is the state of files: nodes (files, folders, links) with their content, mode, owner, flags and
// labels, how they are read, how one state is turned into another, and the parameters (owner, group, mode, …) that
// every module which manages files shares.
package tree
