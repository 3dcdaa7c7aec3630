package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/musterhq/muster/executor"
	"github.com/musterhq/muster/internal/settings"
)

// buildVersion is the release's version, or what the Go toolchain recorded.
func buildVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

func newVersionCmd(io *streams) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print muster's version",
		Long:    "Print muster's version, the release of ansible-core whose language it speaks, and where its settings come from." + exitHelpLocal,
		Example: "  muster version",
		Args:    noWords,
		RunE: func(*cobra.Command, []string) error {
			printVersion(io, "muster")
			return nil
		},
	}
}

// addVersionFlag gives a command --version, as Ansible's programs have it. It wins over whatever else is missing.
func addVersionFlag(io *streams, cmd *cobra.Command) {
	cmd.Flags().Bool("version", false, "show the version and leave")
	args, run := cmd.Args, cmd.RunE
	asked := func(cmd *cobra.Command) bool {
		is, err := cmd.Flags().GetBool("version")
		return err == nil && is
	}
	cmd.Args = func(cmd *cobra.Command, words []string) error {
		if asked(cmd) || args == nil {
			return nil
		}
		return args(cmd, words)
	}
	cmd.RunE = func(cmd *cobra.Command, words []string) error {
		if !asked(cmd) {
			return run(cmd, words)
		}
		printVersion(io, orElse(io.program, "muster"))
		return nil
	}
}

func printVersion(io *streams, name string) {
	cfg, _ := settings.Load(io.env, io.dir)
	fmt.Fprintln(io.out, versionText(name, cfg.ConfigFile))
}

// versionText has the form of Ansible's under the names of Ansible's programs, so that scripts find the release of the
// language where they look for it.
func versionText(name, config string) string {
	if config == "" {
		config = "None"
	}
	self, err := os.Executable()
	if err != nil {
		self = "unknown"
	}
	first := fmt.Sprintf("%s [core %s]", name, executor.AnsibleVersion)
	if name == "muster" {
		first = "muster " + buildVersion()
	}
	return strings.Join([]string{
		first,
		"  config file = " + config,
		"  executable location = " + self,
		"  muster version = " + buildVersion(),
		"  language = that of ansible-core " + executor.AnsibleVersion,
		fmt.Sprintf("  go version = %s %s/%s", runtime.Version(), runtime.GOOS, runtime.GOARCH),
	}, "\n")
}
