package differential

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// answer is what one side makes of a question.
type answer struct {
	OK   bool   `json:"ok"`
	Repr string `json:"repr"` // the value as Python writes it
	Err  string `json:"err"`  // undefined or error
	Msg  string `json:"msg"`
}

func (a answer) String() string {
	if a.OK {
		return a.Repr
	}
	return a.Err + ": " + a.Msg
}

// agrees tells whether two answers are the same value, or the same class of error.
func (a answer) agrees(b answer) bool { return a.OK == b.OK && a.Repr == b.Repr && a.Err == b.Err }

// templar is the templar of the installed ansible-core, in a process of its own.
type templar struct {
	in   io.WriteCloser
	out  *bufio.Scanner
	said *strings.Builder
}

// installed tells whether this machine's Python has an ansible-core.
func installed(python string) error {
	out, err := exec.Command(python, "-c", "import ansible.template").CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s has no ansible-core: %w\n%s", python, err, out)
	}
	return nil
}

// startReference starts a script of the installed ansible-core that reads questions and writes answers, a line each, until
// the test ends.
func startReference(t *testing.T, cmd *exec.Cmd, env ...string) (in io.WriteCloser, answers *bufio.Scanner) {
	t.Helper()
	cmd.Env = append(append(os.Environ(), "ANSIBLE_LOCALHOST_WARNING=0", "PYTHONWARNINGS=ignore", "LC_ALL=C.UTF-8"), env...)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); cmd.Wait() })
	answers = bufio.NewScanner(out)
	answers.Buffer(nil, 64<<20)
	return in, answers
}

func startTemplar(t *testing.T, python string, variables []byte) *templar {
	t.Helper()
	base, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, filepath.Join(base, "reference.py"), base)
	r := &templar{said: &strings.Builder{}} // warnings, which are of interest when it ends too early
	cmd.Stderr = r.said
	r.in, r.out = startReference(t, cmd, "ANSIBLE_DEPRECATION_WARNINGS=0", "TZ=UTC")
	line, err := json.Marshal(json.RawMessage(variables))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(r.in, "%s\n", line)
	return r
}

// send writes a question; receive reads the answers in the order of the questions.
func (r *templar) send(q question) error {
	line, err := json.Marshal(q)
	if err != nil {
		return err
	}
	_, err = r.in.Write(append(line, '\n'))
	return err
}

func (r *templar) receive() (answer, error) {
	var a answer
	if !r.out.Scan() {
		text := r.said.String()
		return a, fmt.Errorf("the templar ended: %w\n%s", cmp.Or(r.out.Err(), io.EOF), text[max(0, len(text)-2000):])
	}
	return a, json.Unmarshal(r.out.Bytes(), &a)
}

func (r *templar) ask(q question) (answer, error) {
	if err := r.send(q); err != nil {
		return answer{}, err
	}
	return r.receive()
}
