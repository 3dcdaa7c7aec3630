package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"
)

func newLinksCmd(io *streams) *cobra.Command {
	return &cobra.Command{
		Use:     "links DIR",
		Short:   "Make links named ansible-playbook, ansible, ansible-inventory and ansible-vault",
		Long:    "Make links to muster in DIR under the names of Ansible's programs, so that scripts which call those run muster.\nA file of that name that is no such link is left alone, and the command fails." + exitHelpLocal,
		Example: "  muster links ~/bin",
		Args:    oneWord("a folder"),
		RunE: func(_ *cobra.Command, args []string) error {
			self, err := os.Executable()
			if err != nil {
				return err
			}
			return makeLinks(io, args[0], self)
		},
	}
}

// makeLinks points the names of Ansible's programs at the program self.
func makeLinks(io *streams, dir, self string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(aliases)) {
		path := filepath.Join(dir, name)
		if old, err := os.Readlink(path); err == nil {
			if old == self {
				continue
			}
			if err := os.Remove(path); err != nil {
				return err
			}
		} else if _, err := os.Lstat(path); err == nil {
			return fmt.Errorf("%s exists and is no link; remove it or choose another folder", path)
		}
		if err := os.Symlink(self, path); err != nil {
			return err
		}
		fmt.Fprintln(io.out, path)
	}
	return nil
}
