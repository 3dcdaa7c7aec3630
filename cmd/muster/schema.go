package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/musterhq/muster/internal/schema"
)

//go:generate go run . schema --write ../../docs/schema

func newSchemaCmd(io *streams) *cobra.Command {
	write := ""
	cmd := &cobra.Command{
		Use:   "schema [playbook|tasks|inventory|config]",
		Short: "Print the JSON schema of playbooks, tasks, inventories or settings, for editors",
		Long: `Print the JSON schema of playbooks (the default), of files of tasks, of inventories in YAML, or of muster.toml (config).
Editors complete keywords, modules, parameters and settings with it, and mark typos.` + exitHelpLocal,
		Example:   "  muster schema > playbook.schema.json\n  muster schema inventory\n  muster schema --write .vscode",
		ValidArgs: schema.Kinds(),
		Args:      atMostOne("a schema"),
		RunE: func(_ *cobra.Command, args []string) error {
			if write != "" {
				return writeSchemas(write)
			}
			kind := "playbook"
			if len(args) > 0 {
				kind = args[0]
			}
			text, err := schemaText(kind)
			if err != nil {
				return err
			}
			_, err = io.out.Write(text)
			return err
		},
	}
	cmd.Flags().StringVar(&write, "write", "", "write all schemas into this folder")
	return cmd
}

func schemaText(kind string) ([]byte, error) {
	var s map[string]any
	switch kind {
	case "playbook":
		s = schema.Playbook(documented())
	case "tasks":
		s = schema.Tasks(documented())
	case "inventory":
		s = schema.Inventory()
	case "config":
		s = schema.Config()
	default:
		return nil, fmt.Errorf("there is no schema of %s; there are %s", kind, strings.Join(schema.Kinds(), ", "))
	}
	text, err := json.MarshalIndent(s, "", " ")
	return append(text, '\n'), err
}

func writeSchemas(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, kind := range schema.Kinds() {
		text, err := schemaText(kind)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, kind+".json"), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}
