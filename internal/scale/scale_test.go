package scale

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"
)

// loop makes a play of one task with a loop of n items.
func loop(n int) string {
	return fmt.Sprintf(`
- hosts: all
  gather_facts: false
  tasks:
    - file:
        path: "/tmp/loop-{{ item }}"
        state: touch
        access_time: preserve
        modification_time: preserve
      loop: "{{ range(%d) | list }}"
`, n)
}

// TestLoopCostsNoRoundTripPerItem compares the round trips of a run whose only task loops once and a hundred times: both
// connect, start the runner and end alike.
func TestLoopCostsNoRoundTripPerItem(t *testing.T) {
	f := newFleet(t, 1, 0)
	trips := func(items int) int64 {
		before := f.servers["h1"].Stats().RoundTrips
		f.run(loop(items), 1)
		return f.servers["h1"].Stats().RoundTrips - before
	}
	one, hundred := trips(1), trips(100)
	if one < 3 {
		t.Fatalf("a whole run took %d round trips: they are not counted", one)
	}
	if hundred-one > 2 {
		t.Errorf("a loop of 100 items took %d round trips more than one item", hundred-one)
	}
}

// BenchmarkThousandFilesFarAway creates a thousand empty files by a loop through 13 ms in each direction.
func BenchmarkThousandFilesFarAway(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		f := newFleet(b, 1, 13*time.Millisecond)
		b.StartTimer()
		f.run(loop(1000), 1)
	}
}

// converged is a play of a dozen tasks that change nothing the second time.
const converged = `
- hosts: all
  gather_facts: true
  tasks:
    - file: {path: /srv/app, state: directory, mode: "0755"}
    - file: {path: "/srv/app/{{ item }}", state: directory}
      loop: [releases, shared, shared/log]
    - copy: {dest: /srv/app/shared/env, content: "HOST={{ inventory_hostname }}\n", mode: "0640"}
    - copy: {dest: /etc/motd, content: "{{ ansible_distribution }}\n"}
    - lineinfile: {path: /etc/sysctl.conf, regexp: "^#?vm.swappiness", line: "vm.swappiness = 10"}
    - blockinfile: {path: /etc/limits.conf, create: true, block: "app soft nofile 65536"}
    - file: {src: /srv/app/releases, dest: /srv/app/current, state: link}
    - stat: {path: /srv/app/shared/env}
      register: env
    - assert: {that: env.stat.exists, quiet: true}
    - set_fact: {summary: "{{ inventory_hostname }} {{ env.stat.size }}"}
`

// BenchmarkFleet runs a converged play on many hosts (MUSTER_FLEET, 1000) and reports time and memory for each host. Both
// ends are in this process: the controller, the SSH servers and the runners.
func BenchmarkFleet(b *testing.B) {
	n := 1000
	if v, err := strconv.Atoi(os.Getenv("MUSTER_FLEET")); err == nil {
		n = v
	}
	f := newFleet(b, n, 0)
	f.run(converged, 64)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	b.ResetTimer()
	for b.Loop() {
		for host, c := range f.run(converged, 64) {
			if c.Changed > 0 {
				b.Fatalf("%s changed %d", host, c.Changed)
			}
		}
	}
	b.StopTimer()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(n), "µs/host")
	b.ReportMetric(float64(after.Sys-before.Sys+before.HeapInuse)/float64(n)/1024, "KiB/host")
}
