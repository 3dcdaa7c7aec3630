package modules

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Markdown writes the documentation page of a module.
func Markdown(m Module) string {
	info := m.Info()
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s\n", info.Name, info.Summary)
	if info.Notes != "" {
		fmt.Fprintf(&b, "\n%s\n", info.Notes)
	}
	fmt.Fprintf(&b, "\n%s\n", facts(m))
	if params := m.Params(); len(params) > 0 {
		b.WriteString("\n## Parameters\n\n| Parameter | Type | Default | |\n|---|---|---|---|\n")
		for _, p := range params {
			writeRow(&b, "", p)
		}
	}
	writeRules(&b, m)
	if info.Examples != "" {
		fmt.Fprintf(&b, "\n## Examples\n\n```yaml\n%s```\n", ensureNewline(info.Examples))
	}
	return b.String()
}

// facts are the module's properties in one paragraph.
func facts(m Module) string {
	info := m.Info()
	var parts []string
	if len(info.Aliases) > 0 {
		parts = append(parts, "Also known as "+strings.Join(info.Aliases, ", ")+".")
	}
	if c, ok := m.(interface{ OnController() bool }); ok && c.OnController() {
		return strings.Join(append(parts, "Works on the controller and changes nothing on hosts."), " ")
	}
	parts = append(parts, "Undo: "+undoWord(info.Undo)+".")
	check := "Check mode: says exactly what would change."
	if info.NoCheck {
		check = "Check mode: the task is skipped."
	}
	return strings.Join(append(parts, check), " ")
}

func undoWord(u Undo) string {
	switch u {
	case UndoFull:
		return "full"
	case UndoPartial:
		return "partial"
	default:
		return "none; give the task a rollback handler"
	}
}

func writeRow(b *strings.Builder, prefix string, p Param) {
	name := "`" + prefix + p.Name + "`"
	if p.Required {
		name += " **required**"
	}
	if len(p.Aliases) > 0 {
		name += "<br>also `" + strings.Join(p.Aliases, "`, `") + "`"
	}
	doc := p.Doc
	if len(p.Choices) > 0 {
		doc += " One of `" + strings.Join(p.Choices, "`, `") + "`."
	}
	if p.Secret {
		doc += " Never shown."
	}
	fmt.Fprintf(b, "| %s | %s | %s | %s |\n", name, typeWord(p), cell(defaultText(p)), cell(doc))
	for _, o := range p.Options {
		writeRow(b, prefix+p.Name+".", o)
	}
}

func typeWord(p Param) string {
	if p.Type == "list" && p.Elements != "" {
		return "list of " + p.Elements
	}
	return p.Type
}

func defaultText(p Param) string {
	switch v := p.Default.(type) {
	case nil:
		return ""
	case bool:
		return fmt.Sprintf("`%t`", v)
	case string:
		if v == "" {
			return ""
		}
		return "`" + strings.ReplaceAll(v, "\n", `\n`) + "`"
	default:
		b, err := json.Marshal(v)
		if err != nil {
			return ""
		}
		return "`" + string(b) + "`"
	}
}

// cell keeps text from breaking the table.
func cell(s string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ").Replace(s)
}

func ensureNewline(s string) string {
	if strings.HasSuffix(s, "\n") {
		return s
	}
	return s + "\n"
}

func rulesOf(m Module) Rules {
	if s, ok := m.(interface{ Spec() (*Spec, error) }); ok {
		if spec, err := s.Spec(); err == nil && spec != nil {
			return spec.Rules()
		}
	}
	return Rules{}
}

// ruleLines say the constraints between parameters in sentences.
func ruleLines(r Rules, quote string) []string {
	list := func(names []string) string { return quote + strings.Join(names, quote+", "+quote) + quote }
	var out []string
	for _, g := range r.Exclusive {
		out = append(out, "At most one of "+list(g)+".")
	}
	for _, g := range r.Together {
		out = append(out, "All or none of "+list(g)+".")
	}
	for _, g := range r.OneOf {
		out = append(out, "At least one of "+list(g)+".")
	}
	for _, rule := range r.If {
		which := "all of "
		if rule.Any {
			which = "one of "
		}
		out = append(out, fmt.Sprintf("Where %s%s%s is %s%s%s: %s%s.", quote, rule.Param, quote, quote, PyStr(rule.Value), quote, which, list(rule.Needs)))
	}
	for _, k := range sortedKeys(anyMap(r.By)) {
		out = append(out, fmt.Sprintf("%s%s%s needs %s.", quote, k, quote, list(r.By[k])))
	}
	return out
}

func anyMap(m map[string][]string) map[string]any {
	out := make(map[string]any, len(m))
	for k, v := range m {
		out[k] = v
	}
	return out
}

func writeRules(b *strings.Builder, m Module) {
	lines := ruleLines(rulesOf(m), "`")
	if len(lines) == 0 {
		return
	}
	b.WriteByte('\n')
	for _, l := range lines {
		b.WriteString("- " + l + "\n")
	}
}

// Text writes the documentation of a module for a terminal.
func Text(m Module) string {
	info := m.Info()
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", info.Name, info.Summary)
	if info.Notes != "" {
		fmt.Fprintf(&b, "\n%s\n", info.Notes)
	}
	fmt.Fprintf(&b, "\n%s\n", facts(m))
	if params := m.Params(); len(params) > 0 {
		b.WriteString("\nParameters (= is required):\n")
		for _, p := range params {
			writeTextParam(&b, "", p)
		}
	}
	for _, l := range ruleLines(rulesOf(m), "") {
		b.WriteString("\n  " + l)
	}
	if info.Examples != "" {
		fmt.Fprintf(&b, "\nExamples:\n\n%s", ensureNewline(info.Examples))
	}
	return b.String()
}

func writeTextParam(b *strings.Builder, indent string, p Param) {
	mark := "-"
	if p.Required {
		mark = "="
	}
	fmt.Fprintf(b, "\n%s%s %s  (%s)\n", indent, mark, p.Name, typeWord(p))
	doc := p.Doc
	if len(p.Choices) > 0 {
		doc += " One of " + strings.Join(p.Choices, ", ") + "."
	}
	if d := strings.Trim(defaultText(p), "`"); d != "" {
		doc += " Default: " + d + "."
	}
	if len(p.Aliases) > 0 {
		doc += " Also: " + strings.Join(p.Aliases, ", ") + "."
	}
	for _, line := range wrap(doc, 76-len(indent)) {
		b.WriteString(indent + "    " + line + "\n")
	}
	for _, o := range p.Options {
		writeTextParam(b, indent+"    ", o)
	}
}

// wrap breaks text at blanks.
func wrap(s string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(s) {
		if line != "" && len(line)+1+len(word) > width {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}
