package web

import (
	"context"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/musterhq/muster/internal/drift"
	"github.com/musterhq/muster/internal/serve/queue"
)

// metrics answers Prometheus. What it tells is read from the store, so daemons that share one tell the same.
func (s *Server) metrics(w http.ResponseWriter, r *http.Request) error {
	reg := prometheus.NewRegistry()
	for _, c := range []prometheus.Collector{collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), &gauges{s, r.Context()}} {
		if err := reg.Register(c); err != nil {
			return err
		}
	}
	promhttp.HandlerFor(reg, promhttp.HandlerOpts{ErrorHandling: promhttp.HTTPErrorOnError}).ServeHTTP(w, r)
	return nil
}

// gauges are the metrics of one request.
type gauges struct {
	s   *Server
	ctx context.Context
}

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("muster_"+name, help, labels, nil)
}

var (
	buildInfo   = desc("build_info", "1, with muster's version.", "version")
	configGood  = desc("config_ok", "Whether the jobs file that is there is in use.")
	hostsBy     = desc("hosts", "Hosts by job and state, as the last report on each says.", "job", "state")
	driftBy     = desc("drift_differences", "Differences by job and class.", "job", "class")
	runsOpen    = desc("runs_open", "Runs that wait or run.", "job", "state")
	lastSuccess = desc("job_last_success_timestamp_seconds", "When the last run of a job ended that could look at all hosts.", "job")
	lastRun     = desc("job_last_run_timestamp_seconds", "When the last run of a job ended.", "job")
	lastExit    = desc("job_last_run_exit_code", "The exit code of a job's last run.", "job")
	lastLength  = desc("job_last_run_duration_seconds", "How long a job's last run took.", "job")
	nextRun     = desc("job_next_run_timestamp_seconds", "When a job is due next.", "job")
	runsTotal   = desc("runs_total", "Runs that ended since the daemon started, by job and outcome.", "job", "outcome")
	runSeconds  = desc("run_seconds_total", "How long the runs took that ended since the daemon started.", "job", "outcome")
	newsWaiting = desc("news_undelivered", "Messages to people that wait to be delivered.")
	watchOK     = desc("watch_ok", "Whether the last look at what starts a job by an event could see it.", "job", "event")
	share       = desc("drift_assessed_ratio", "The part of the tasks that could be compared in the last report of a job.", "job")
)

// Describe lists the metrics.
func (g *gauges) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		buildInfo, configGood, hostsBy, driftBy, runsOpen, lastSuccess, lastRun, lastExit, lastLength, nextRun, runsTotal, runSeconds, newsWaiting, watchOK, share,
	} {
		ch <- d
	}
}

// Collect reads the store.
func (g *gauges) Collect(ch chan<- prometheus.Metric) {
	set := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	set(buildInfo, 1, g.s.version)
	good := 1.0
	if g.s.d.Broken() != nil {
		good = 0
	}
	set(configGood, good)
	for _, t := range g.s.d.Tallies() {
		ch <- prometheus.MustNewConstMetric(runsTotal, prometheus.CounterValue, float64(t.Runs), t.Job, t.Outcome)
		ch <- prometheus.MustNewConstMetric(runSeconds, prometheus.CounterValue, t.Took.Seconds(), t.Job, t.Outcome)
	}
	for _, f := range []func(func(*prometheus.Desc, float64, ...string)) error{g.fleet, g.open, g.jobs, g.watches} {
		if err := f(set); err != nil {
			ch <- prometheus.NewInvalidMetric(configGood, err)
			return
		}
	}
}

func (g *gauges) fleet(set func(*prometheus.Desc, float64, ...string)) error {
	all, err := g.s.d.Reports().Fleet(g.ctx)
	if err != nil {
		return err
	}
	type key struct{ job, of string }
	hosts, classes := map[key]int{}, map[key]int{}
	for _, n := range all {
		for _, st := range []drift.State{drift.InOrder, drift.Drifted, drift.Failed, drift.Unreachable} {
			hosts[key{n.Subject, string(st)}] += 0
		}
		hosts[key{n.Subject, string(n.State)}]++
		classes[key{n.Subject, string(drift.Corrective)}] += n.Corrective
		classes[key{n.Subject, string(drift.Intended)}] += n.Intended
		classes[key{n.Subject, string(drift.Unknown)}] += n.Unknown
	}
	for k, n := range hosts {
		set(hostsBy, float64(n), k.job, k.of)
	}
	for k, n := range classes {
		set(driftBy, float64(n), k.job, k.of)
	}
	return nil
}

func (g *gauges) open(set func(*prometheus.Desc, float64, ...string)) error {
	open, err := g.s.d.Queue().Open(g.ctx)
	if err != nil {
		return err
	}
	waiting, err := g.s.d.Queue().Undelivered(g.ctx)
	if err != nil {
		return err
	}
	set(newsWaiting, float64(waiting))
	counts := map[[2]string]int{}
	for _, j := range g.s.d.File().Jobs {
		counts[[2]string{j.Name, string(queue.Waiting)}], counts[[2]string{j.Name, string(queue.Running)}] = 0, 0
	}
	for _, r := range open {
		counts[[2]string{r.Job, string(r.State)}]++
	}
	for k, n := range counts {
		set(runsOpen, float64(n), k[0], k[1])
	}
	return nil
}

func (g *gauges) jobs(set func(*prometheus.Desc, float64, ...string)) error {
	good, err := g.s.d.Queue().LastSuccess(g.ctx)
	if err != nil {
		return err
	}
	for _, j := range g.s.d.File().Jobs {
		if at, ok := good[j.Name]; ok {
			set(lastSuccess, float64(at.Unix()), j.Name)
		}
		if next := g.s.next(j); !next.IsZero() {
			set(nextRun, float64(next.Unix()), j.Name)
		}
		last, ok, err := g.s.d.Queue().LastEnded(g.ctx, j.Name)
		if err != nil {
			return err
		}
		if ok {
			set(lastRun, float64(last.Ended.Unix()), j.Name)
			set(lastExit, float64(last.Exit), j.Name)
			set(lastLength, last.Ended.Sub(last.Started).Seconds(), j.Name)
		}
		trend, err := g.s.d.Reports().Trend(g.ctx, j.Name, 1)
		if err != nil {
			return err
		}
		if len(trend) > 0 {
			set(share, trend[0].Summary.Share(), j.Name)
		}
	}
	return nil
}

func (g *gauges) watches(set func(*prometheus.Desc, float64, ...string)) error {
	kept, err := g.s.watches(g.ctx)
	if err != nil {
		return err
	}
	for _, j := range g.s.d.File().Jobs {
		for _, kind := range j.Events.Kinds() {
			if w, watched := kept[j.Name+"/"+kind]; watched {
				good := 1.0
				if w.Trouble != "" {
					good = 0
				}
				set(watchOK, good, j.Name, kind)
			}
		}
	}
	return nil
}
