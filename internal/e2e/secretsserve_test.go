//go:build e2e

package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/musterhq/muster/internal/docs"
	"github.com/musterhq/muster/internal/serve/queue"
)

const secretJobs = `
jobs:
  look: {playbook: site.yml, inventory: hosts.ini, mode: detect, vault_file: vault-password}
  mend: {playbook: site.yml, inventory: hosts.ini, mode: correct, correct: all, vault_file: vault-password}
`

// serveSecrets has a daemon look for drift of the example and put it right, and returns its folder, with the store and what its runs
// left, and everything that it answers.
func serveSecrets(t *testing.T, hosts map[int]docs.Host, env []string, drifts func()) (string, map[string]string) {
	t.Helper()
	dir := t.TempDir()
	if err := docs.CopyProject(dir, filepath.Join(top(t), "examples", "secrets"), hosts); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(dir, "vault-password"), 0o600); err != nil {
		t.Fatal(err)
	}
	drifts()
	d := serveIn(t, dir, secretJobs, env...)
	pages := []string{"/", "/hosts/app1", "/jobs/look", "/jobs/mend", "/runs", "/schedule", "/metrics",
		"/api/v1/fleet", "/api/v1/fleet/trend", "/api/v1/hosts/app1", "/api/v1/jobs", "/api/v1/jobs/look/trend", "/api/v1/runs"}
	for _, job := range []struct {
		name string
		exit int
	}{{"look", 3}, {"mend", 0}} {
		r := d.run(job.name)
		if r.State != queue.Done || r.Exit != job.exit {
			t.Errorf("%s: %+v", job.name, r)
		}
		pages = append(pages, "/runs/"+r.ID, "/api/v1/runs/"+r.ID, "/api/v1/runs/"+r.ID+"/report", "/api/v1/runs/"+r.ID+"/results")
	}
	seen := map[string]string{}
	for _, page := range pages {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://muster"+page, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer test")
		text := d.body(req)
		if len(text) < 50 {
			t.Errorf("%s: %q", page, text)
		}
		seen["serve's "+page] = text
	}
	return dir, seen
}
