package access

import (
	"context"
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/musterhq/muster/modules"
	"github.com/musterhq/muster/modules/sys"
)

// CronParams are the parameters of cron.
type CronParams struct {
	Name         string  `param:"name,required" doc:"What the job is known by, or the name of the variable."`
	User         *string `param:"user" doc:"Whose crontab to manage, or who runs the job of a cron_file."`
	Job          *string `param:"job" alias:"value" doc:"The command to run, or the variable's value."`
	CronFile     string  `param:"cron_file" type:"path" doc:"A file to manage instead of a crontab, absolute or in /etc/cron.d."`
	State        string  `param:"state" choices:"present,absent" default:"present" doc:"Whether the job or variable should exist."`
	Backup       bool    `param:"backup" default:"false" doc:"Keep a copy of the crontab as it was before a change."`
	Minute       string  `param:"minute" default:"*" doc:"Minute when the job runs."`
	Hour         string  `param:"hour" default:"*" doc:"Hour when the job runs."`
	Day          string  `param:"day" alias:"dom" default:"*" doc:"Day of the month when the job runs."`
	Month        string  `param:"month" default:"*" doc:"Month when the job runs."`
	Weekday      string  `param:"weekday" alias:"dow" default:"*" doc:"Day of the week when the job runs."`
	SpecialTime  string  `param:"special_time" choices:"reboot,yearly,annually,monthly,weekly,daily,hourly" doc:"A time by its nickname."`
	Disabled     bool    `param:"disabled" default:"false" doc:"Keep the job as a comment."`
	Env          bool    `param:"env" default:"false" doc:"Manage a variable of the crontab instead of a job."`
	InsertAfter  string  `param:"insertafter" doc:"Put a new variable behind this one."`
	InsertBefore string  `param:"insertbefore" doc:"Put a new variable before this one."`
}

// CronState is a crontab without the header that the crontab program puts above it.
type CronState struct {
	Exists  bool   `json:"exists"`
	Content string `json:"content"`
	Perm    uint32 `json:"perm"`
	UID     int    `json:"uid"`
	GID     int    `json:"gid"`
	Backup  string `json:"backup,omitempty"`

	place cronPlace
}

// Cron manages jobs and variables in crontabs.
func Cron() modules.Module {
	return modules.State[CronParams, CronState]{
		Info: modules.Info{
			Name:    "cron",
			Summary: "Manage jobs and variables in crontabs and in /etc/cron.d.",
			Notes: "A comment \"#Ansible: NAME\" above the job's line tells which job it is. Crontabs are read directly where " +
				"that is allowed, and installed by the crontab program.",
			Undo: modules.UndoFull,
			Examples: `
- name: Run a job at 2 and 5
  cron:
    name: check dirs
    minute: "0"
    hour: "5,2"
    job: ls -alh > /dev/null
- name: Set PATH for the jobs of a file
  cron:
    name: PATH
    env: true
    job: /opt/bin
    user: root
    cron_file: myjobs
`,
		},
		Rules:    modules.Rules{Exclusive: [][]string{{"insertafter", "insertbefore"}}},
		Validate: validateCron,
		Skip: func(ctx context.Context, _ sys.Reader, p CronParams) (modules.Result, error) {
			warnCron(ctx, p)
			return nil, nil
		},
		Read:  readCron,
		Want:  wantCron,
		Equal: func(a, b CronState) bool { return a.Exists == b.Exists && a.Content == b.Content },
		Apply: applyCron,
		Carry: func(_ context.Context, _ sys.Reader, known CronState, got *CronState) error {
			if known.Backup != "" {
				got.Backup = known.Backup
			}
			if known.place.backup != nil && *known.place.backup != "" {
				got.Backup = *known.place.backup
			}
			return nil
		},
		Diff:   diffCron,
		Report: reportCron,
	}.Module()
}

func validateCron(p *CronParams) error {
	timed := p.Minute != "*" || p.Hour != "*" || p.Day != "*" || p.Month != "*" || p.Weekday != "*"
	install := p.State == "present"
	switch {
	case p.CronFile == "/etc/crontab":
		return fmt.Errorf("Will not manage /etc/crontab via cron_file, see documentation.") //nolint:staticcheck // the words users know
	case p.SpecialTime != "" && timed:
		return fmt.Errorf("You must specify time and date fields or special time.") //nolint:staticcheck // likewise
	case install && p.CronFile != "" && p.User == nil:
		return fmt.Errorf("To use cron_file=... parameter you must specify user=... as well") //nolint:staticcheck // likewise
	case install && p.Job == nil:
		return fmt.Errorf("You must specify 'job' to install a new cron job or variable") //nolint:staticcheck // likewise
	case install && !p.Env && (p.InsertAfter != "" || p.InsertBefore != ""):
		return fmt.Errorf("Insertafter and insertbefore parameters are valid only with env=yes") //nolint:staticcheck // likewise
	case p.Env && strings.Contains(p.Name, " "):
		return fmt.Errorf("Invalid name for environment variable") //nolint:staticcheck // likewise
	}
	return nil
}

var cronFileName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

func warnCron(ctx context.Context, p CronParams) {
	if base := path.Base(p.CronFile); p.CronFile != "" && !cronFileName.MatchString(base) {
		modules.Warn(ctx, "Filename portion of cron_file (\"%s\") should consist solely of upper- and lower-case letters, digits, "+
			"underscores, and hyphens", base)
	}
	if p.Job != nil && !p.Env && p.State == "present" && strings.ContainsAny(strings.Trim(*p.Job, "\r\n"), "\r\n") {
		modules.Warn(ctx, "Job should not contain line breaks")
	}
}

func wantCron(p CronParams, now CronState) (CronState, error) {
	want := now
	t := parseCrontab(now.Content)
	changed, err := p.change(&t)
	if err != nil || !changed {
		if text := now.Content; err == nil && text != "" && !strings.HasSuffix(text, "\n") && !strings.HasSuffix(text, "\r") {
			want.Content = t.render() // the last line needs an end
		}
		return want, err
	}
	want.Exists, want.Content = true, t.render()
	if p.State == "absent" && !p.Env && p.CronFile != "" && t.empty() {
		want.Exists, want.Content = false, ""
	}
	return want, nil
}

// change makes the crontab as the parameters want it, and tells whether it was not so before.
func (p CronParams) change(t *crontab) (bool, error) {
	job := ""
	if p.Job != nil {
		job = *p.Job
	}
	switch {
	case p.Env && p.State == "present":
		return t.setVariable(p.Name, fmt.Sprintf(`%s="%s"`, p.Name, job), p.InsertAfter, p.InsertBefore)
	case p.Env:
		return t.removeVariable(p.Name), nil
	case p.State == "present":
		return t.setJob(p.Name, p.line(job)), nil
	}
	return t.removeJob(p.Name), nil
}

// line is the job as a line of a crontab.
func (p CronParams) line(job string) string {
	when := strings.Join([]string{p.Minute, p.Hour, p.Day, p.Month, p.Weekday}, " ")
	if p.SpecialTime != "" {
		when = "@" + p.SpecialTime
	}
	if p.CronFile != "" && p.User != nil {
		when += " " + *p.User
	}
	if p.Disabled {
		when = "#" + when
	}
	return when + " " + strings.Trim(job, "\r\n")
}

func (p CronParams) header() string {
	switch {
	case p.CronFile != "":
		return p.file()
	case p.User != nil:
		return fmt.Sprintf("crontab for user %q", *p.User)
	}
	return "crontab"
}

func diffCron(_ context.Context, _ sys.Reader, p CronParams, from, to CronState) (any, error) {
	if from.Exists == to.Exists && from.Content == to.Content {
		return nil, nil
	}
	diff := map[string]any{"before": from.Content, "before_header": p.header(), "after": to.Content, "after_header": p.header()}
	if !to.Exists {
		diff["after_header"] = "/dev/null"
	}
	return diff, nil
}

func reportCron(p CronParams, _, to CronState, changed bool) modules.Result {
	if !to.Exists && changed {
		return modules.Result{"cron_file": p.CronFile, "state": p.State}
	}
	t := parseCrontab(to.Content)
	res := modules.Result{"jobs": t.jobs(), "envs": t.variables()}
	if p.CronFile != "" {
		res["cron_file"] = p.CronFile
	}
	if to.Backup != "" && changed {
		res["backup_file"] = to.Backup
	}
	return res
}
