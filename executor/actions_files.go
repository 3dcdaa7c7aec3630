package executor

import (
	"context"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"time"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
	"github.com/musterhq/muster/playbook/jinja"
)

// decryptFor returns how controller files are decrypted for a call; nil when the task says decrypt: no.
func (c *call) decryptFor() func([]byte) ([]byte, error) {
	if !c.bool("decrypt", true) {
		return nil
	}
	return c.t.x.plain
}

// without copies arguments but for some that only the controller reads.
func without(args *value.Dict, names ...string) *value.Dict {
	d := args.Clone()
	for _, n := range names {
		d.Delete(n)
	}
	return d
}

// prepareCopy finds what copy copies: content given in the task, a file or a folder of the controller. With remote_src
// the host does everything.
func prepareCopy(_ context.Context, c *call) (*prepared, *itemResult) {
	src, hasSrc := c.args.Get("src")
	text, hasContent := c.args.Get("content")
	_, hasDest := c.args.Get("dest")
	switch {
	case hasSrc && hasContent && src != nil && text != nil:
		return nil, failedResult("src and content are mutually exclusive")
	case (!hasSrc || src == nil || src == "") && (!hasContent || text == nil):
		return nil, failedResult("src (or content) is required")
	case !hasDest:
		return nil, failedResult("dest is required")
	case hasContent && text != nil:
		return c.copyContent(text)
	case c.bool("remote_src", false):
		return &prepared{module: "copy", args: without(c.args, "decrypt")}, nil
	}
	name := value.Str(src)
	path, err := c.scope.findFile("files", name)
	if err != nil {
		return nil, failedResult("%s", err)
	}
	st, err := os.Stat(path)
	if err != nil {
		return nil, failedResult("%s", err)
	}
	if st.IsDir() {
		return c.copyTree(path, strings.HasSuffix(name, "/"))
	}
	k, d, err := c.t.x.files.file(path, c.decryptFor())
	if err != nil {
		return nil, failedResult("%s", err)
	}
	args := without(c.args, "decrypt", "content")
	args.Set("src", path)
	args.Set("_content", d.ref())
	args.Set("_original_basename", filepath.Base(path))
	if mode, ok := args.Get("mode"); ok && mode == "preserve" {
		args.Set("mode", fmt.Sprintf("%04o", st.Mode().Perm()))
	}
	return &prepared{module: "copy", args: args, content: []content{k}}, nil
}

// copyContent copies text that the task holds; data structures are written as JSON.
func (c *call) copyContent(v any) (*prepared, *itemResult) {
	text, ok := v.(string)
	if !ok {
		switch v.(type) {
		case *value.Dict, *value.List:
			out, err := value.JSON(v, value.JSONOptions{})
			if err != nil {
				return nil, failedResult("content: %s", err)
			}
			text = out
		default:
			text = value.Str(v)
		}
	}
	if strings.HasSuffix(c.text("dest"), "/") {
		return nil, failedResult("can not use content with a dir as dest")
	}
	k, d := bytesContent([]byte(text))
	args := without(c.args, "decrypt", "content", "src")
	args.Set("_content", d.ref())
	return &prepared{module: "copy", args: args, content: []content{k}}, nil
}

// templateOptions are the parameters of template that only the controller reads.
var templateOptions = []string{
	"block_start_string", "block_end_string", "variable_start_string", "variable_end_string", "comment_start_string",
	"comment_end_string", "trim_blocks", "lstrip_blocks", "newline_sequence", "output_encoding",
}

// prepareTemplate renders a template for the host.
func prepareTemplate(_ context.Context, c *call) (*prepared, *itemResult) {
	src := c.text("src")
	if src == "" || c.text("dest") == "" {
		return nil, failedResult("src and dest are required")
	}
	switch unescapeNewline(c.text("newline_sequence")) {
	case "", "\n", "\r", "\r\n":
	default:
		return nil, failedResult("newline_sequence needs to be one of: \n, \r or \r\n")
	}
	path, err := c.scope.findFile("templates", src)
	if err != nil {
		return nil, failedResult("%s", err)
	}
	out, err := c.renderFile(path)
	if err != nil {
		return nil, newResult("changed", false, "failed", true, "msg", templateError(err))
	}
	encoded, err := encodeText(out, c.text("output_encoding"))
	if err != nil {
		return nil, failedResult("output_encoding: %s", err)
	}
	k, d := bytesContent(encoded)
	args := without(c.args, templateOptions...)
	if mode, ok := args.Get("mode"); ok && mode == "preserve" {
		if st, err := os.Stat(path); err == nil {
			args.Set("mode", fmt.Sprintf("%04o", st.Mode().Perm()))
		}
	}
	args.Set("src", path)
	args.Set("_content", d.ref())
	args.Set("_original_basename", filepath.Base(path))
	return &prepared{module: "template", args: args, content: []content{k}}, nil
}

func templateError(err error) string {
	if jinja.IsUndefined(err) {
		return "AnsibleUndefinedVariable: " + err.Error()
	}
	return "AnsibleError: " + err.Error()
}

// renderFile renders a template file with the variables that describe it.
func (c *call) renderFile(path string) (string, error) {
	src, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	if src, err = c.t.x.plain(src); err != nil {
		return "", err
	}
	o := jinja.FileOptions{Syntax: jinja.Syntax{
		BlockStart: c.text("block_start_string"), BlockEnd: c.text("block_end_string"),
		VariableStart: orElse(c.text("variable_start_string"), "{{"), VariableEnd: c.text("variable_end_string"),
		CommentStart: c.text("comment_start_string"), CommentEnd: c.text("comment_end_string"),
		TrimBlocks: c.bool("trim_blocks", true), LstripBlocks: c.bool("lstrip_blocks", false),
		NewlineSequence: unescapeNewline(c.text("newline_sequence")), KeepTrailingNewline: true,
	}}
	s := c.scope.withExtra(c.templateVars(path))
	return s.x.o.Engine.File(s.context(), path, string(src), o)
}

func unescapeNewline(s string) string {
	return strings.NewReplacer(`\n`, "\n", `\r`, "\r").Replace(s)
}

// templateVars are the variables that a template may print about itself.
func (c *call) templateVars(path string) *value.Dict {
	host, _ := os.Hostname()
	owner := ""
	var mtime time.Time
	if st, err := os.Stat(path); err == nil {
		mtime = st.ModTime()
	}
	if u, err := user.Current(); err == nil {
		owner = u.Username
	}
	managed := c.t.x.o.Settings.ManagedText
	managed = strings.NewReplacer("{host}", host, "{uid}", owner, "{file}", path).Replace(managed)
	return value.DictOf(
		"ansible_managed", strftime(managed, mtime), "template_host", host, "template_uid", owner, "template_path", path,
		"template_fullpath", path, "template_destpath", c.text("dest"), "template_mtime", mtime.Format("2006-01-02 15:04:05"),
		"template_run_date", c.t.x.o.Now().Format("2006-01-02 15:04:05.000000"),
	)
}

// strftime replaces the usual time directives in ansible_managed.
func strftime(s string, t time.Time) string {
	if !strings.Contains(s, "%") {
		return s
	}
	return strings.NewReplacer("%Y", t.Format("2006"), "%m", t.Format("01"), "%d", t.Format("02"), "%H", t.Format("15"),
		"%M", t.Format("04"), "%S", t.Format("05"), "%%", "%").Replace(s)
}

// prepareScript sends a script of the controller.
func prepareScript(_ context.Context, c *call) (*prepared, *itemResult) {
	line := c.text(playbook.RawParams, "cmd")
	words := playbook.SplitWords(line)
	if len(words) == 0 {
		return nil, failedResult("one of the following is required: %s, cmd", playbook.RawParams)
	}
	path, err := c.scope.findFile("files", strings.Trim(words[0], `"'`))
	if err != nil {
		return nil, failedResult("%s", err)
	}
	k, d, err := c.t.x.files.file(path, c.decryptFor())
	if err != nil {
		return nil, failedResult("%s", err)
	}
	args := without(c.args, "decrypt", playbook.RawParams, "cmd")
	args.Set("_content", d.ref())
	args.Set("cmd", line)
	args.Set("_basename", filepath.Base(path))
	return &prepared{module: "script", args: args, content: []content{k}}, nil
}

// prepareUnarchive sends an archive of the controller, unless it is on the host already.
func prepareUnarchive(_ context.Context, c *call) (*prepared, *itemResult) {
	src := c.text("src")
	remote := c.bool("remote_src", false) || !c.bool("copy", true) || strings.Contains(src, "://")
	if src == "" || remote {
		return &prepared{module: "unarchive", args: without(c.args, "decrypt")}, nil
	}
	path, err := c.scope.findFile("files", src)
	if err != nil {
		return nil, failedResult("%s", err)
	}
	k, d, err := c.t.x.files.file(path, c.decryptFor())
	if err != nil {
		return nil, failedResult("%s", err)
	}
	args := without(c.args, "decrypt")
	args.Set("src", path)
	args.Set("_content", d.ref())
	return &prepared{module: "unarchive", args: args, content: []content{k}}, nil
}

// prepareAssemble joins fragments of the controller; with remote_src the host does it.
func prepareAssemble(_ context.Context, c *call) (*prepared, *itemResult) {
	if c.bool("remote_src", true) {
		return &prepared{module: "assemble", args: without(c.args, "decrypt")}, nil
	}
	dir, err := c.scope.findFile("files", c.text("src"))
	if err != nil {
		return nil, failedResult("%s", err)
	}
	out, err := assembled(dir, c.text("delimiter"), c.text("regexp"), c.bool("ignore_hidden", false))
	if err != nil {
		return nil, failedResult("%s", err)
	}
	k, d := bytesContent(out)
	args := without(c.args, "decrypt")
	args.Set("_content", d.ref())
	return &prepared{module: "assemble", args: args, content: []content{k}}, nil
}

// prepareCommand hands a command line on; shell differs from command by a flag on the host.
func prepareCommand(_ context.Context, c *call) (*prepared, *itemResult) {
	args := c.args
	if _, has := args.Get("warn"); has {
		args = without(args, "warn")
	}
	if v, _ := args.Get("executable"); c.action == "shell" && (v == nil || v == "") {
		shell, err := c.connVars().text(c.t.x.shell(), "ansible_shell_executable")
		if err != nil {
			return nil, c.t.broken(err)
		}
		if shell != "" && shell != "/bin/sh" {
			args = args.Clone()
			args.Set("executable", shell)
		}
	}
	return &prepared{module: c.action, args: args}, nil
}

// shell is the program that the settings want command lines to be read by; "" leaves it to the host's side.
func (x *Executor) shell() string {
	if !x.o.Settings.Given("DEFAULT_EXECUTABLE") {
		return ""
	}
	return x.o.Settings.Executable
}

// prepareGather gathers facts with what the play and the settings ask for.
func prepareGather(_ context.Context, c *call) (*prepared, *itemResult) {
	args := c.args.Clone()
	set := c.t.x.o.Settings
	defaults := value.DictOf("gather_subset", textList(set.GatherSubset), "gather_timeout", set.GatherTimeout)
	if set.FactPath != "" {
		defaults.Set("fact_path", set.FactPath)
	}
	for k, v := range defaults.All() {
		if old, has := args.Get(k); !has || old == nil {
			args.Set(k, v)
		}
	}
	args.Delete("parallel")
	return &prepared{module: "setup", args: args}, nil
}

// prepareAsyncStatus asks for a background job.
func prepareAsyncStatus(_ context.Context, c *call) (*prepared, *itemResult) {
	return &prepared{module: "async_status", args: c.args}, nil
}
