package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/musterhq/muster/playbook"
)

// writeRetryFile writes the hosts that a playbook was too much for, one a line, into PLAYBOOK.retry: in retry_files_save_path,
// else beside the playbook. A file that cannot be written is warned of.
func (w *workbench) writeRetryFile(b *playbook.Playbook, hosts []string) {
	dir := w.settings.RetryFilesPath
	if dir == "" {
		dir = filepath.Dir(b.File)
	}
	base := filepath.Base(b.File)
	file := absolute(w.io.dir, []string{filepath.Join(dir, strings.TrimSuffix(base, filepath.Ext(base))+".retry")})[0]
	err := os.MkdirAll(filepath.Dir(file), 0o755)
	if err == nil {
		err = os.WriteFile(file, []byte(strings.Join(hosts, "\n")+"\n"), 0o644)
	}
	if err != nil {
		w.warn("the retry file cannot be written: %v", err)
		return
	}
	fmt.Fprintf(w.io.err, "\tto retry, use: --limit @%s\n\n", file)
}
