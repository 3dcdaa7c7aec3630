package lint

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/musterhq/muster/internal/diag"
)

// Formats are the names of the forms in which findings are written.
func Formats() []string { return []string{"text", "json", "github", "sarif"} }

// Count returns how many findings are errors and how many are warnings.
func Count(found []Finding) (errs, warnings int) {
	for _, f := range found {
		if f.Severity == diag.Warning {
			warnings++
		} else {
			errs++
		}
	}
	return errs, warnings
}

// Write writes findings in one of the formats; version is muster's.
func Write(w io.Writer, format, version string, found []Finding) error {
	switch format {
	case "json":
		return writeJSON(w, found)
	case "github":
		return writeGitHub(w, found)
	case "sarif":
		return writeSARIF(w, version, found)
	}
	return writeText(w, found)
}

// writeText writes each finding with its line, and how many there are.
func writeText(w io.Writer, found []Finding) error {
	list := make(diag.List, len(found))
	for i, f := range found {
		d := *f.Diagnostic
		d.Summary += " [" + f.Rule + "]"
		list[i] = &d
	}
	diag.Render(w, list)
	errs, warnings := Count(found)
	_, err := fmt.Fprintf(w, "%s, %s\n", plural(errs, "error"), plural(warnings, "warning"))
	return err
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

// jsonFinding is a finding as --output json writes it.
type jsonFinding struct {
	Rule     string `json:"rule"`
	Severity string `json:"severity"` // error or warning
	File     string `json:"file"`
	Line     int    `json:"line,omitempty"`
	Column   int    `json:"column,omitempty"`
	Message  string `json:"message"`
	Detail   string `json:"detail,omitempty"`
	Hint     string `json:"hint,omitempty"`
}

func severity(f Finding) string {
	if f.Severity == diag.Warning {
		return "warning"
	}
	return "error"
}

func writeJSON(w io.Writer, found []Finding) error {
	out := make([]jsonFinding, len(found))
	for i, f := range found {
		out[i] = jsonFinding{f.Rule, severity(f), f.Pos.File, f.Pos.Line, f.Pos.Col, f.Summary, f.Detail, f.Hint}
	}
	return indented(w, out)
}

func indented(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// writeGitHub writes the commands with which a workflow annotates lines.
func writeGitHub(w io.Writer, found []Finding) error {
	property := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	message := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	for _, f := range found {
		text := f.Summary
		for _, more := range []string{f.Detail, f.Hint} {
			if more != "" {
				text += "\n" + more
			}
		}
		_, err := fmt.Fprintf(w, "::%s file=%s,line=%d,col=%d,title=%s::%s\n", severity(f), property.Replace(f.Pos.File),
			max(1, f.Pos.Line), max(1, f.Pos.Col), property.Replace("muster "+f.Rule), message.Replace(text))
		if err != nil {
			return err
		}
	}
	return nil
}

// writeSARIF writes the findings in the Static Analysis Results Interchange Format, version 2.1.0.
func writeSARIF(w io.Writer, version string, found []Finding) error {
	type text map[string]string
	rules, results := []any{}, []any{}
	for _, r := range Rules() {
		rules = append(rules, map[string]any{"id": r[0], "shortDescription": text{"text": r[1]}})
	}
	for _, f := range found {
		message := f.Summary
		if f.Hint != "" {
			message += " (" + f.Hint + ")"
		}
		results = append(results, map[string]any{
			"ruleId": f.Rule, "level": severity(f), "message": text{"text": message},
			"locations": []any{map[string]any{"physicalLocation": map[string]any{
				"artifactLocation": text{"uri": filepath.ToSlash(f.Pos.File)},
				"region":           map[string]int{"startLine": max(1, f.Pos.Line), "startColumn": max(1, f.Pos.Col)},
			}}},
		})
	}
	return indented(w, map[string]any{
		"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0",
		"runs": []any{map[string]any{
			"tool":    map[string]any{"driver": map[string]any{"name": "muster", "version": version, "rules": rules}},
			"results": results,
		}},
	})
}
