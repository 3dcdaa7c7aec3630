package become

import (
	"bytes"
	"regexp"
	"strings"
	"sync"

	"github.com/musterhq/muster/transport/wire"
)

// Dialogue watches what a method prints before the program takes over, and knows when to answer.
type Dialogue struct {
	plan     Plan
	password string
	partial  []byte // the line being printed
	text     []byte // the last words, for messages
	asked    int
}

// maxText bounds what is kept of the method's words.
const maxText = 4 << 10

// maxLine bounds the line that may become a prompt.
const maxLine = 1 << 10

// NewDialogue begins one for a plan.
func NewDialogue(p Plan, password string) *Dialogue {
	return &Dialogue{plan: p, password: password}
}

// Feed takes output as it arrives. answer is what to write back, if anything; a failure ends the talk.
func (d *Dialogue) Feed(output []byte) (answer []byte, failure *Failure) {
	d.text = append(d.text, output...)
	if len(d.text) > 2*maxText {
		d.text = bytes.Clone(d.text[len(d.text)-maxText:])
	}
	d.partial = append(d.partial, output...)
	if i := bytes.LastIndexByte(d.partial, '\n'); i >= 0 {
		d.partial = append(d.partial[:0], d.partial[i+1:]...)
	}
	if len(d.partial) > maxLine {
		d.partial = append(d.partial[:0], d.partial[len(d.partial)-maxLine:]...)
	}
	if !d.prompted() {
		return nil, nil
	}
	d.partial = d.partial[:0]
	d.asked++
	switch {
	case !d.plan.Asks:
		return nil, d.plan.missing()
	case d.asked > 1:
		return nil, d.plan.wrong()
	}
	return []byte(d.password + "\n"), nil
}

// Asked reports that a password was asked for and given.
func (d *Dialogue) Asked() bool { return d.asked > 0 }

// Text returns what was said, bounded, without prompts of ours and without the password, should a terminal echo it.
func (d *Dialogue) Text() string {
	s := string(d.text)
	if d.password != "" {
		s = strings.ReplaceAll(s, d.password, "********")
	}
	if d.plan.Prompt != "" {
		s = strings.ReplaceAll(s, d.plan.Prompt, "")
	}
	return s
}

// genericPrompt matches the end of a line that is still open: a password in English or any language that su and
// PAM speak under the C locale, and the words of second factors. Runners that become nobody never compile it.
var genericPrompt = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(password|passphrase|passcode|verification code|token|otp|pin)[^:\n]*[::]\s*$`)
})

func (d *Dialogue) prompted() bool {
	line := d.partial
	if len(line) == 0 {
		return false
	}
	if d.plan.Prompt != "" && bytes.Contains(line, []byte(d.plan.Prompt)) {
		return true
	}
	return genericPrompt().Match(line)
}

// Failure says why another user could not be become: fields of a transport.Error.
type Failure struct {
	Kind, What, Hint string
}

// Error makes a Failure usable as an error.
func (f *Failure) Error() string { return f.What }

func (p Plan) wrong() *Failure {
	return &Failure{Kind: wire.KindBecomeWrong, What: p.Method + " to " + p.User + ": the password is wrong",
		Hint: "check ansible_become_password or what was given to --ask-become-pass"}
}

func (p Plan) missing() *Failure {
	return &Failure{Kind: wire.KindBecomeMissing, What: p.Method + " to " + p.User + ": a password is required and none was given",
		Hint: "use -K (--ask-become-pass) or ansible_become_password"}
}

// Timeout is the failure of a method that neither starts the program nor ends.
func (d *Dialogue) Timeout(after string) *Failure {
	f := &Failure{Kind: wire.KindBecome, What: d.plan.Method + " to " + d.plan.User + " did not finish within " + after}
	if last := lastWords(d.Text()); last != "" {
		f.What += ": " + last
	}
	return f
}
