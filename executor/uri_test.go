package executor_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestFormOfControllerFiles sends files of the controller, given as fields of a form, from a host.
func TestFormOfControllerFiles(t *testing.T) {
	got := make(chan map[string]string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseMultipartForm(1 << 20); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		fields := map[string]string{}
		for name, values := range r.MultipartForm.Value {
			fields[name] = strings.Join(values, ",")
		}
		for name, files := range r.MultipartForm.File {
			f, err := files[0].Open()
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			b, _ := io.ReadAll(f)
			fields[name] = files[0].Filename + "=" + string(b) + " " + files[0].Header.Get("Content-Transfer-Encoding")
		}
		got <- fields
	}))
	t.Cleanup(server.Close)
	l := newLab(t, map[string]string{"files/up.txt": "hello"})
	rec, code, err := l.run(`
- hosts: a1
  gather_facts: false
  tasks:
    - uri:
        url: ` + server.URL + `
        method: POST
        body_format: form-multipart
        body:
          plain: text
          up: {filename: up.txt}
          made: {filename: made.txt, content: given}
    - uri: {url: ` + server.URL + `, method: POST, body_format: form-multipart, body: {up: {filename: nowhere.txt}}}
      ignore_errors: true
    - uri: {url: ` + server.URL + `, method: POST, body_format: form-multipart, body: [1]}
      ignore_errors: true
`)
	if err != nil || code != 0 {
		t.Fatalf("exit %d, %v\n%s", code, err, rec.story())
	}
	fields := <-got
	for name, want := range map[string]string{"plain": "text", "up": "up.txt=aGVsbG8=\r\n base64", "made": "made.txt=given "} {
		if fields[name] != want {
			t.Errorf("%s: %q, want %q", name, fields[name], want)
		}
	}
	for _, want := range []string{"Could not find or access 'nowhere.txt'", "body must be mapping, cannot be type list"} {
		if !strings.Contains(rec.story(), want) {
			t.Errorf("%q is missing in\n%s", want, rec.story())
		}
	}
}
