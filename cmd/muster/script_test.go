package main

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/musterhq/muster/internal/demo"
	"github.com/musterhq/muster/modules/all"
)

var update = flag.Bool("update", false, "write what commands print into the scripts")

// TestMain makes the test binary muster and Ansible's programs, so that scripts run what users run.
func TestMain(m *testing.M) {
	programs := map[string]func(){"muster": main}
	for name := range aliases {
		programs[name] = main
	}
	testscript.Main(m, programs)
}

// TestScripts runs testdata/script/*.txtar. `go test ./cmd/muster -update` rewrites the outputs that they compare with.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"), UpdateScripts: *update, Setup: setupScript, Condition: condition,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "simhosts": simhosts, "await": await, "nothing-in": nothingIn, "plain": plain,
		},
	})
}

func setupScript(e *testscript.Env) error {
	home := filepath.Join(e.WorkDir, ".home")
	if err := os.MkdirAll(home, 0o700); err != nil {
		return err
	}
	config := filepath.Join(home, "empty.cfg")
	if err := os.WriteFile(config, []byte("[defaults]\n"), 0o600); err != nil {
		return err
	}
	e.Setenv("HOME", home)
	e.Setenv("XDG_STATE_HOME", filepath.Join(home, "state"))
	e.Setenv("ANSIBLE_CONFIG", config)
	e.Setenv("ANSIBLE_PYTHON_INTERPRETER", "/usr/bin/python3")
	return nil
}

// condition knows real-NAME: whether Ansible's own program is installed, and home: whether the user has a home folder.
func condition(cond string) (bool, error) {
	if cond == "home" {
		me, err := user.Current()
		if err != nil {
			return false, err
		}
		_, err = os.Stat(me.HomeDir)
		return err == nil, nil
	}
	name, ok := strings.CutPrefix(cond, "real-")
	if !ok {
		return false, fmt.Errorf("unknown condition %s", cond)
	}
	_, err := os.Stat(filepath.Join("/usr/bin", name))
	return err == nil, nil
}

// exits runs a program and compares its exit code: exits CODE PROGRAM ARGS...
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARGS...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	got := 0
	switch {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%s: %v", args[1], err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// simhosts starts hosts inside the test and writes their inventory: simhosts COUNT FILE. They are called web1, web2 …,
// and $WORK/hosts/NAME is the root folder of each.
func simhosts(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: simhosts COUNT FILE")
	}
	count, err := strconv.Atoi(args[0])
	ts.Check(err)
	site, err := demo.Start(demo.Options{Hosts: count, Modules: all.All(), Version: buildVersion()})
	ts.Check(err)
	ts.Defer(func() { ts.Check(site.Close()) })
	inventory, err := os.ReadFile(site.Inventory)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), inventory, 0o600))
	ts.Check(os.Symlink(filepath.Join(site.Dir, "hosts"), ts.MkAbs("hosts")))
}

// await waits until a file is there, and holds a text: await FILE [TEXT]
func await(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 2 {
		ts.Fatalf("usage: await FILE [TEXT]")
	}
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); <-tick.C {
		text, err := os.ReadFile(ts.MkAbs(args[0]))
		if err == nil && strings.Contains(string(text), strings.Join(args[1:], "")) {
			return
		}
	}
	ts.Fatalf("%s did not come", args[0])
}

// nothingIn fails when a folder holds a file: nothing-in DIR
func nothingIn(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: nothing-in DIR")
	}
	entries, err := os.ReadDir(ts.MkAbs(args[0]))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		ts.Fatalf("%v", err)
	}
	for _, e := range entries {
		ts.Fatalf("%s was left behind", filepath.Join(args[0], e.Name()))
	}
}

// plain writes the last output into a file with the work folder as $WORK and times as T: plain stdout|stderr FILE
func plain(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: plain stdout|stderr FILE")
	}
	text := strings.ReplaceAll(ts.ReadFile(args[0]), ts.Getenv("WORK"), "$WORK")
	for _, key := range []string{"delta", "start", "end"} {
		text = replaceValue(text, `"`+key+`": "`)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text), 0o600))
}

// replaceValue puts T in place of the quoted values after a mark.
func replaceValue(text, mark string) string {
	head, rest, found := strings.Cut(text, mark)
	if !found {
		return text
	}
	_, tail, _ := strings.Cut(rest, `"`)
	return head + mark + `T"` + replaceValue(tail, mark)
}
