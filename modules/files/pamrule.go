package files

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/musterhq/muster/modules"
)

var (
	pamRule     = regexp.MustCompile(`(-?(?:auth|account|session|password))\s+(\[.*?\]|\S*)\s+(\S*)\s*(.*)`)
	pamArgument = regexp.MustCompile(`\[.*?\]|\S+`)
)

// parsePam reads the lines of a service.
func parsePam(content string) ([]pamLine, error) {
	var lines []pamLine
	if content == "" {
		return nil, nil
	}
	for text := range strings.SplitSeq(strings.TrimSuffix(content, "\n"), "\n") {
		bare := strings.TrimSpace(text)
		if bare == "" || bare[0] == '#' || strings.HasPrefix(bare, "@include") {
			lines = append(lines, pamLine{text: text})
			continue
		}
		m := pamRule.FindStringSubmatch(text)
		if m == nil {
			return nil, modules.Fail(nil, "Rule is not valid %s", text)
		}
		lines = append(lines, pamLine{rule: true, kind: m[1], control: plainControl(m[2]), module: m[3], args: pamArguments([]string{m[4]})})
	}
	return lines, nil
}

// plainControl is a control as it is written.
func plainControl(control string) string {
	if !strings.HasPrefix(control, "[") {
		return control
	}
	return "[" + strings.Join(strings.Fields(strings.ReplaceAll(strings.Trim(control, "[]"), " = ", "=")), " ") + "]"
}

// pamArguments splits arguments at blanks outside of brackets.
func pamArguments(args []string) []string {
	var out []string
	for _, a := range args {
		out = append(out, pamArgument.FindAllString(a, -1)...)
	}
	return out
}

var (
	pamControls = []string{"required", "requisite", "sufficient", "optional", "include", "substack", "definitive"}
	pamValues   = []string{
		"success", "open_err", "symbol_err", "service_err", "system_err", "buf_err", "perm_denied", "auth_err", "cred_insufficient",
		"authinfo_unavail", "user_unknown", "maxtries", "new_authtok_reqd", "acct_expired", "session_err", "cred_unavail", "cred_expired",
		"cred_err", "no_module_data", "conv_err", "authtok_err", "authtok_recover_err", "authtok_lock_busy", "authtok_disable_aging",
		"try_again", "ignore", "abort", "authtok_expired", "module_unknown", "bad_item", "conv_again", "incomplete", "default",
	}
	pamActions = []string{"ignore", "bad", "die", "ok", "done", "reset"}
)

// check says whether PAM would understand the rule; a service with a broken rule locks people out.
func (l pamLine) check() error {
	if !l.rule {
		return nil
	}
	if !strings.HasPrefix(l.control, "[") {
		if !slices.Contains(pamControls, l.control) {
			return modules.Fail(nil, "Rule control, %s, is not valid in rule %s", l.control, l)
		}
		return nil
	}
	for pair := range strings.FieldsSeq(strings.Trim(l.control, "[]")) {
		value, action, _ := strings.Cut(pair, "=")
		if !slices.Contains(pamValues, value) {
			return modules.Fail(nil, "Rule control value, %s, is not valid in rule %s", value, l)
		}
		if n, err := strconv.Atoi(action); !slices.Contains(pamActions, action) && (err != nil || n < 0) {
			return modules.Fail(nil, "Rule control action, %s, is not valid in rule %s", action, l)
		}
	}
	return nil
}
