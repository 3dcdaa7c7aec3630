package sources

import (
	"regexp"
	"strconv"
	"strings"
)

// requirement is a package with the versions that will do.
type requirement struct {
	name   string // as normalName has it; "" for an address or a path, which only pip can look into
	ranges []versionRange
	text   string
}

type versionRange struct{ op, version string }

var (
	requirementForm = regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*(.*)$`)
	rangeForm       = regexp.MustCompile(`^(===|==|!=|<=|>=|~=|<|>)\s*(\S+)$`)
	separators      = regexp.MustCompile(`[-_.]+`)
)

// normalName is a package's name as all its spellings have it.
func normalName(name string) string {
	return strings.ToLower(separators.ReplaceAllString(strings.TrimSpace(name), "-"))
}

// parseRequirement reads a name with ranges, such as "django[argon2]>=4.2,<5".
func parseRequirement(text string) requirement {
	text = strings.TrimSpace(text)
	m := requirementForm.FindStringSubmatch(text)
	if m == nil || strings.Contains(text, "/") || strings.Contains(text, "@") || strings.Contains(text, ";") {
		return requirement{text: text}
	}
	r := requirement{name: normalName(m[1]), text: text}
	for part := range strings.SplitSeq(m[2], ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		v := rangeForm.FindStringSubmatch(part)
		if v == nil {
			return requirement{text: text}
		}
		r.ranges = append(r.ranges, versionRange{v[1], v[2]})
	}
	return r
}

// allows says whether a version will do.
func (r requirement) allows(version string) bool {
	for _, g := range r.ranges {
		if !g.allows(version) {
			return false
		}
	}
	return true
}

func (g versionRange) allows(version string) bool {
	if g.op == "===" {
		return version == g.version
	}
	if prefix, ok := strings.CutSuffix(g.version, ".*"); ok {
		under := version == prefix || strings.HasPrefix(version+".", prefix+".")
		return under == (g.op == "==")
	}
	c := compareVersions(version, g.version)
	switch g.op {
	case "==":
		return c == 0 || !strings.Contains(g.version, "+") && compareVersions(withoutLocal(version), g.version) == 0
	case "!=":
		return c != 0
	case "<=":
		return c <= 0
	case ">=":
		return c >= 0
	case "<":
		return c < 0
	case ">":
		return c > 0
	}
	prefix := g.version[:max(0, strings.LastIndexByte(g.version, '.'))] // ~=
	return c >= 0 && strings.HasPrefix(version+".", prefix+".")
}

func withoutLocal(version string) string { v, _, _ := strings.Cut(version, "+"); return v }

var versionForm = regexp.MustCompile(`^v?(?:(\d+)!)?(\d+(?:\.\d+)*)(?:[-_.]?(a|b|c|rc|alpha|beta|pre|preview)[-_.]?(\d*))?(?:[-_.]?(post|rev|r)[-_.]?(\d*)|-(\d+))?(?:[-_.]?(dev)[-_.]?(\d*))?(?:\+(.*))?$`)

// compareVersions orders versions as PEP 440 does, local parts left out; what is no version is compared as text.
func compareVersions(a, b string) int {
	x, okX := versionKey(a)
	y, okY := versionKey(b)
	if !okX || !okY {
		return strings.Compare(a, b)
	}
	for i := range max(len(x), len(y)) {
		var m, n int
		if i < len(x) {
			m = x[i]
		}
		if i < len(y) {
			n = y[i]
		}
		if m != n {
			if m < n {
				return -1
			}
			return 1
		}
	}
	return 0
}

// releaseParts is how many numbers of a release are compared.
const releaseParts = 8

// versionKey is a version as numbers that compare in its order: epoch, release, pre-release, post-release, development.
func versionKey(version string) ([]int, bool) {
	m := versionForm.FindStringSubmatch(strings.ToLower(strings.TrimSpace(version)))
	if m == nil {
		return nil, false
	}
	number := func(s string) int { n, _ := strconv.Atoi(s); return n } // digits only, or none
	key := make([]int, 1+releaseParts)
	key[0] = number(m[1])
	for i, part := range strings.Split(m[2], ".") {
		if i < releaseParts {
			key[1+i] = number(part)
		}
	}
	pre, post, dev := 4, 0, 1 // no pre-release sorts after all of them
	switch m[3] {
	case "a", "alpha":
		pre = 1
	case "b", "beta":
		pre = 2
	case "c", "rc", "pre", "preview":
		pre = 3
	}
	if m[5] != "" || m[7] != "" {
		post = 1
	}
	if m[8] != "" {
		dev = 0
		if m[3] == "" && post == 0 {
			pre = 0 // 1.0.dev1 comes before 1.0a1
		}
	}
	return append(key, pre, number(m[4]), post, number(m[6]+m[7]), dev, number(m[9])), true
}
