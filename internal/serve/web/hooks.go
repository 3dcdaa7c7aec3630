package web

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/musterhq/muster/internal/serve"
	"github.com/musterhq/muster/internal/serve/jobfile"
	"github.com/musterhq/muster/internal/serve/notify"
	"github.com/musterhq/muster/internal/serve/queue"
)

// webhook starts a job when a signed request asks for it. The body is variables that are data.
//
// Two ways to sign are taken: X-Muster-Timestamp and X-Muster-Signature, the HMAC over time and body, which may be sent
// once and within the tolerance; and GitHub's and Gitea's X-Hub-Signature-256 over the body, which may be sent once.
func (s *Server) webhook(w http.ResponseWriter, r *http.Request) {
	j := s.d.Job(r.PathValue("job"))
	if j == nil || j.Events.Webhook == nil {
		s.refuse(w, r, true, http.StatusNotFound, "no job of that name takes webhooks")
		return
	}
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = s.signed(r, *j.Events.Webhook, body)
	}
	var run queue.Run
	if err == nil {
		run, err = s.hooked(r, j, body)
	}
	s.answerEvent(w, r, run, err)
}

// answerEvent answers a request from outside.
func (s *Server) answerEvent(w http.ResponseWriter, r *http.Request, run queue.Run, err error) {
	if err == nil {
		writeJSON(w, http.StatusAccepted, run)
		return
	}
	status, text := statusOf(err)
	var limited *serve.LimitError
	if errors.As(err, &limited) {
		status, text = http.StatusTooManyRequests, limited.Error()
		w.Header().Set("Retry-After", strconv.Itoa(max(1, int(limited.Wait.Seconds()))))
	}
	s.log.Warn("an event was refused", "path", r.URL.Path, "from", r.RemoteAddr, "status", status, "error", err)
	s.refuse(w, r, true, status, text)
}

// signed checks the signature of a request, and that it was not sent before.
func (s *Server) signed(r *http.Request, hook jobfile.Webhook, body []byte) error {
	secret, err := notify.ReadSecret(hook.SecretFile)
	if err != nil {
		return err
	}
	now := s.d.Now()
	keep := 24 * time.Hour
	given := r.Header.Get("X-Muster-Signature")
	if given == "" && r.Header.Get("X-Hub-Signature-256") == "" {
		return failure{http.StatusUnauthorized, "the request is not signed: X-Muster-Signature is missing"}
	}
	var want, once string
	switch {
	case given != "":
		stamp := r.Header.Get("X-Muster-Timestamp")
		at, err := strconv.ParseInt(stamp, 10, 64)
		if err != nil {
			return badRequest("X-Muster-Timestamp must be seconds since 1970")
		}
		if age := now.Sub(time.Unix(at, 0)).Abs(); age > hook.Tolerance {
			return failure{http.StatusUnauthorized, fmt.Sprintf("the request was signed %s from now; at most %s are allowed", age.Round(time.Second), hook.Tolerance)}
		}
		want, keep = notify.Sign(secret, stamp, body), 2*hook.Tolerance+time.Minute
		once = given
	default:
		given = r.Header.Get("X-Hub-Signature-256")
		mac := hmac.New(sha256.New, secret)
		mac.Write(body)
		want = "sha256=" + hex.EncodeToString(mac.Sum(nil))
		once = given + r.Header.Get("X-GitHub-Delivery") + r.Header.Get("X-Gitea-Delivery")
	}
	if given == "" || !hmac.Equal([]byte(strings.ToLower(given)), []byte(want)) {
		return failure{http.StatusUnauthorized, "the signature is wrong"}
	}
	sum := sha256.Sum256([]byte(r.PathValue("job") + once))
	first, err := s.d.Queue().Once(r.Context(), "hook-"+hex.EncodeToString(sum[:]), now, now.Add(keep))
	if err == nil && !first {
		return failure{http.StatusConflict, "the request was sent before"}
	}
	return err
}

// hooked puts the run of a webhook into the queue.
func (s *Server) hooked(r *http.Request, j *jobfile.Job, body []byte) (queue.Run, error) {
	vars := map[string]any{}
	if len(bytes.TrimSpace(body)) > 0 {
		var data any
		dec := json.NewDecoder(bytes.NewReader(body))
		dec.UseNumber()
		if err := dec.Decode(&data); err != nil {
			return queue.Run{}, badRequest("the body must be JSON: %v", err)
		}
		vars[j.Events.Webhook.Var] = data
	}
	return s.d.Event(r.Context(), serve.Request{Job: j.Name, Cause: "webhook", By: r.RemoteAddr, Vars: vars})
}

// phoneHome starts a job on the host that asks for it. Its token says which hosts it may name.
func (s *Server) phoneHome(w http.ResponseWriter, r *http.Request) {
	j := s.d.Job(r.PathValue("job"))
	if j == nil || j.Events.PhoneHome == nil {
		s.refuse(w, r, true, http.StatusNotFound, "no job of that name lets hosts phone home")
		return
	}
	run, err := s.phoned(r, j)
	s.answerEvent(w, r, run, err)
}

func (s *Server) phoned(r *http.Request, j *jobfile.Job) (queue.Run, error) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	host := r.PostFormValue("host")
	if !ok || token == "" {
		return queue.Run{}, failure{http.StatusUnauthorized, "send the token: Authorization: Bearer TOKEN"}
	}
	if err := checkHome(j.Events.PhoneHome.TokensFile, token, host, s.d.Now()); err != nil {
		return queue.Run{}, err
	}
	return s.d.Event(r.Context(), serve.Request{Job: j.Name, Cause: "phone-home", By: host, Limit: host})
}
