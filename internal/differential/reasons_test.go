package differential

import (
	"regexp"
	"strings"

	"github.com/musterhq/muster/internal/value"
)

// reason is a kind of difference that is accepted, with why.
type reason struct {
	name  string
	why   string
	match func(q question, want, got answer) bool
}

var reasons = []reason{
	{
		"more tags", "do, break and continue are always understood; Ansible needs jinja2_extensions in its configuration for them",
		func(_ question, want, _ answer) bool { return strings.Contains(want.Msg, "unknown tag 'do'") },
	},
	{
		"a test before if", "Jinja2 reads the word if after a test as the test's argument, and fails with words that differ; here it is a syntax error that says so",
		func(q question, want, got answer) bool {
			return !want.OK && strings.Contains(got.Msg, "a test is followed by 'if'") && testBeforeIf.MatchString(q.Src)
		},
	},
	{
		"blocks of one value", "Ansible fails to join what super() and self.block() write when it is one value that is no text",
		func(q question, want, _ answer) bool {
			return strings.Contains(q.Src, "{%") && joinOfValues.MatchString(want.Msg)
		},
	},
	{
		"ranges are lists", "range() is a list here, so that operators of lists work on it",
		func(q question, want, _ answer) bool {
			return strings.Contains(q.Src, "range(") && (strings.Contains(want.Msg, "'range'") || strings.Contains(want.Msg, `"range"`) || strings.Contains(want.Repr, "range(") ||
				strings.Contains(want.Msg, "Object of type range") || strings.Contains(want.Msg, "'range object'"))
		},
	},
	{
		"NotImplemented", "adding a text of a host to a number yields the word NotImplemented in Ansible, which is a defect; here it fails as it does with any other text",
		func(q question, want, got answer) bool {
			return want.OK && got.Err == "error" && strings.HasPrefix(got.Msg, "unsupported operand") &&
				(strings.Contains(want.Repr, "NotImplemented") || sumOfFacts.MatchString(q.Src))
		},
	},
	{
		"wrapped errors", "some of Ansible's filters say of an undefined value that they failed, in the same words",
		func(_ question, want, got answer) bool {
			said := strings.TrimSuffix(got.Msg, ".")
			return want.Err == "error" && got.Err == "undefined" &&
				(strings.Contains(want.Msg, said) || strings.Contains(strings.ReplaceAll(want.Msg, "jinja2.filters._GroupTuple", "tuple"), said))
		},
	},
	{
		"an inline if without else", "what it yields is no text and no list, and Python's functions treat it in ways of their own; here it is empty, or fails",
		func(q question, want, got answer) bool {
			return strings.Contains(q.Src, " if ") && (!want.OK || !got.OK) && strings.Contains(want.Msg+got.Msg, "no else section was defined") ||
				strings.Contains(want.Repr, "Undefined:")
		},
	},
	{
		"lazy mappings", "a mapping is undefined as a whole in Ansible when one of its entries is; here only the entry is",
		func(q question, want, got answer) bool {
			return strings.Contains(want.Msg, "{'ok': 'x', 'bad': '{{ nosuchvar }}'}") || strings.Contains(q.Src, "tinner") && strings.Contains(q.Src, "is escaped")
		},
	},
	{
		"a name that is set further down", "Jinja2 takes a variable for one of the template's own in the bodies above its {% set %}, where it has no value yet",
		func(q question, want, _ answer) bool {
			m := undefinedName.FindStringSubmatch(want.Msg)
			return want.Err == "undefined" && m != nil && regexp.MustCompile(`set [^%=]*\b`+m[1]+`\b`).MatchString(q.Src)
		},
	},
	{
		"two mistakes", "the text has two mistakes, and the other one is found first",
		func(_ question, want, got answer) bool {
			return !want.OK && !got.OK && want.Err != got.Err && firstOfTwo.MatchString(want.Msg+got.Msg)
		},
	},
	{
		"copies", "a body works on its own copy of a variable that it changes, unless a body around it has one already; Jinja2 looks at the whole text for that",
		func(q question, want, got answer) bool {
			return len(changing.FindAllString(q.Src, -1)) > 1 && strings.Contains(q.Src, "{%") && want.OK && got.OK &&
				withoutCopies(want.Repr) == withoutCopies(got.Repr)
		},
	},
	{
		"conditions of hosts", "a condition in {{ }} that is a number of a host is no risk; Ansible refuses it",
		func(q question, want, _ answer) bool {
			return q.Kind == "cond" && strings.Contains(q.Src, "vars") && strings.Contains(want.Msg, "Conditional is marked as unsafe")
		},
	},
	{
		"answers of tests", "tests of results answer with what is in the result in Ansible, with a truth value here",
		func(q question, want, got answer) bool {
			return testOfResult.MatchString(q.Src) && want.OK && (got.Repr == "True" || got.Repr == "False")
		},
	},
	{
		"password hashes", "hashes are made as with Python's passlib, which this machine may not have; without it Ansible uses other rounds and, without a salt, each hash is another one",
		func(q question, want, got answer) bool {
			if !strings.Contains(q.Src, "password_hash") || !want.OK || !got.OK {
				return false
			}
			theirs, ours := aHash.ReplaceAllString(want.Repr, "#"), aHash.ReplaceAllString(got.Repr, "#")
			measured := strings.Contains(q.Src, "length") && aNumber.ReplaceAllString(theirs, "") == aNumber.ReplaceAllString(ours, "")
			return theirs == ours || measured || lettersOfHash.MatchString(q.Src)
		},
	},
	{
		"the last digit of a logarithm", "the C library's log10 is not rounded to the nearest number, ours is",
		func(q question, want, got answer) bool {
			return strings.Contains(q.Src, "log(10)") && want.OK && got.OK && lastDigits.ReplaceAllString(want.Repr, "$1") == lastDigits.ReplaceAllString(got.Repr, "$1")
		},
	},
	{
		"is filter", "Ansible fails when it is asked whether a filter exists that does not",
		func(q question, want, _ answer) bool {
			return strings.Contains(q.Src, "'nope'") && strings.Contains(want.Msg, `Could not load "nope"`)
		},
	},
	{
		"slices of constants", "while Ansible compiles, a slice of a constant that has none is undefined; when it runs, it fails",
		func(_ question, want, got answer) bool {
			return !got.OK && strings.Contains(want.Msg, "has no element slice(") && strings.Contains(got.Msg, "not subscriptable")
		},
	},
	{
		"written undefined values", "text made of a list with something undefined in it shows Python's inner view of that",
		func(q question, want, got answer) bool {
			return strings.Contains(want.Repr, "AnsibleUndefined(") && (got.Err == "undefined" || strings.Contains(got.Repr, "AnsibleUndefined(")) ||
				got.Err == "undefined" && want.OK && strings.Contains(q.Src, "pprint")
		},
	},
	{
		"generators", "Ansible writes the object of a recursive loop instead of calling it",
		func(_ question, want, _ answer) bool { return strings.Contains(want.Repr, "<generator object ") },
	},
	{
		"constants that are undefined", "a template whose constants are undefined while Ansible compiles it comes back as it was written",
		func(q question, want, got answer) bool {
			return q.Kind == "render" && got.Err == "undefined" && want.Repr == value.Repr(q.Src)
		},
	},
	{
		"addresses of nothing", "Python splits addresses that are no text as if they were bytes",
		func(q question, _, got answer) bool {
			return strings.Contains(q.Src, "urlsplit") && strings.HasPrefix(got.Msg, "expected str, got ")
		},
	},
	{
		"huge random numbers", "random numbers beyond 63 bits are refused",
		func(q question, _, got answer) bool {
			return hugeNumber.MatchString(q.Src) && strings.HasPrefix(got.Msg, "random: ") && strings.HasSuffix(got.Msg, "is too large")
		},
	},
	{
		"written functions", "Python writes a function of its own in its own way",
		func(q question, want, got answer) bool { return want.OK && got.OK && writtenRange.MatchString(q.Src) },
	},
	{
		"newer parameters", "regex_replace has count and mandatory_count since ansible-core 2.17",
		func(_ question, want, _ answer) bool {
			return strings.Contains(want.Msg, "unexpected keyword argument 'count'")
		},
	},
	{
		"addresses of methods", "Python writes a method with its address in memory",
		func(_ question, want, got answer) bool {
			return methodText.MatchString(want.Repr) && methodText.ReplaceAllString(want.Repr, "#") == methodText.ReplaceAllString(got.Repr, "#") ||
				strings.Contains(want.Repr, "<class '") && strings.Contains(got.Repr, "<jinja.")
		},
	},
}

var (
	undefinedName = regexp.MustCompile(`^'(\w+)' is undefined`)
	writtenRange  = regexp.MustCompile(`\brange\b[^(]|'%s' ?% ?range`)
	methodText    = regexp.MustCompile(`(?i)<(built-in|bound) method[^>]*>`)
	aHash         = regexp.MustCompile(`(\$|%24)(1|2[aby]|5|6)(\$|%24)[\w./$%=]+`)
	lettersOfHash = regexp.MustCompile(`for \w+ in [^%]*password_hash`)
	hugeNumber    = regexp.MustCompile(`\d{19}[^|]*\|\s*random`)
	sumOfFacts    = regexp.MustCompile(`facts\.\w+.*\|\s*sum`)
	aNumber       = regexp.MustCompile(`\d+`)
	firstOfTwo    = regexp.MustCompile(`The only supported seed types|missing \d+ required positional|not supported between instances|object is not callable|not subscriptable|unhashable type|must be real number|unsupported operand|can only concatenate|is not in list|obj must be a list of dicts|cannot assign attribute on non-namespace|not iterable|unexpected keyword|positional argument|values to unpack`)
	changing      = regexp.MustCompile(`\b(table|growing)\b`)
	testOfResult  = regexp.MustCompile(`is (not )?(changed|failed|skipped|succeeded)\b`)
	lastDigits    = regexp.MustCompile(`(\d\.\d{13})\d*`)
)

var joinOfValues = regexp.MustCompile(`sequence item \d+: expected str instance`)

var testBeforeIf = regexp.MustCompile(`\bis\s+(not\s+)?[\w.]+\s+if\b`)

// accepted returns the reason for which a difference is accepted.
func accepted(q question, want, got answer) (string, bool) {
	for _, r := range reasons {
		if r.match(q, want, got) {
			return r.name, true
		}
	}
	return "", false
}

// withoutCopies is a value's text without what the grammar writes of the two variables that templates change, the mapping table and
// the list growing, and without numbers, which may be their lengths.
func withoutCopies(text string) string {
	for _, start := range []string{"{'a': 1, 'b': 2", `{\'a\': 1, \'b\': 2`, "{'b': 2", `{\'b\': 2`, "[3, 1", "[1, 3"} {
		for {
			before, rest, ok := strings.Cut(text, start)
			if !ok {
				break
			}
			text = before + "#" + afterBracket(rest)
		}
	}
	return aNumber.ReplaceAllString(text, "")
}

// afterBracket is what follows the bracket that closes the one before the text.
func afterBracket(text string) string {
	open := 1
	for i, r := range text {
		switch r {
		case '[', '{', '(':
			open++
		case ']', '}', ')':
			if open--; open == 0 {
				return text[i+1:]
			}
		}
	}
	return ""
}
