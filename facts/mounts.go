package facts

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

var octalEscape = regexp.MustCompile(`\\[0-7]{3}`)

// mount is a line of mtab.
type mount struct{ device, point, fsType, options string }

// parseMounts reads mtab's lines; blanks in them are written as octal escapes.
func parseMounts(text []string) []mount {
	var list []mount
	for _, line := range text {
		f := strings.Fields(line)
		if len(f) < 4 {
			continue
		}
		for i := range f[:4] {
			f[i] = octalEscape.ReplaceAllStringFunc(f[i], func(e string) string {
				n, err := strconv.ParseUint(e[1:], 8, 8)
				if err != nil {
					return e
				}
				return string([]byte{byte(n)})
			})
		}
		list = append(list, mount{device: f[0], point: f[1], fsType: f[2], options: f[3]})
	}
	return list
}

// real reports a mount of a device or a share, as against one of the kernel's own file systems.
func (m mount) real() bool {
	local := strings.HasPrefix(m.device, "/") || strings.HasPrefix(m.device, `\`)
	return (local || strings.Contains(m.device, ":/")) && m.fsType != "none"
}

// parseBinds finds the mount points in mountinfo that show a part of a file system only.
func parseBinds(text []string) map[string]bool {
	binds := map[string]bool{}
	for _, line := range text {
		f := strings.Fields(line)
		if len(f) > 4 && f[3] != "/" {
			binds[parseMounts([]string{"x " + f[4] + " x x"})[0].point] = true
		}
	}
	return binds
}

// mounts describes what is mounted. Asking a dead share for its size hangs, so each is asked on its own and given
// up after the time limit.
func (g *gathering) mounts() []any {
	text := g.lines("/etc/mtab")
	if text == nil {
		text = g.lines("/proc/mounts")
	}
	list := byPoint(parseMounts(text))
	binds := parseBinds(g.lines("/proc/self/mountinfo"))
	facts := make([]any, len(list))
	var wait sync.WaitGroup
	for i, m := range list {
		if binds[m.point] && !strings.Contains(m.options, `bind"`) {
			m.options += ",bind"
		}
		wait.Go(func() { facts[i] = g.mountFacts(m) })
	}
	wait.Wait()
	return facts
}

// byPoint keeps the real mounts; of several on one point the last one counts, in the place of the first.
func byPoint(all []mount) []mount {
	var list []mount
	place := map[string]int{}
	for _, m := range all {
		if !m.real() {
			continue
		}
		if i, ok := place[m.point]; ok {
			list[i] = m
			continue
		}
		place[m.point] = len(list)
		list = append(list, m)
	}
	return list
}

func (g *gathering) mountFacts(m mount) map[string]any {
	facts := map[string]any{"mount": m.point, "device": m.device, "fstype": m.fsType, "options": m.options}
	sizes, err := g.sizesInTime(m.point)
	if errors.Is(err, errTimeout) {
		g.warn(fmt.Sprintf("Timeout exceeded when getting mount info for %s", m.point))
		facts["note"] = "Could not get extra information due to timeout"
		return facts
	}
	facts["uuid"] = g.deviceUUID(m.device)
	if err != nil {
		return facts
	}
	facts["size_total"], facts["size_available"] = sizes.fragment*sizes.blocks, sizes.fragment*sizes.available
	facts["block_size"], facts["block_total"] = sizes.blockSize, sizes.blocks
	facts["block_available"], facts["block_used"] = sizes.available, sizes.blocks-sizes.available
	facts["inode_total"], facts["inode_available"] = sizes.inodes, sizes.free
	facts["inode_used"] = sizes.inodes - sizes.free
	return facts
}

var (
	errTimeout = errors.New("no answer in time")
	errUnknown = errors.New("the sizes of a file system are not known here")
)

func (g *gathering) sizesInTime(point string) (fsSizes, error) {
	if g.k == nil {
		return fsSizes{}, errUnknown
	}
	type answer struct {
		sizes fsSizes
		err   error
	}
	answers := make(chan answer, 1)
	go func() {
		sizes, err := g.k.sizes(point)
		answers <- answer{sizes, err}
	}()
	limit := time.NewTimer(g.opt.Timeout)
	defer limit.Stop()
	select {
	case a := <-answers:
		return a.sizes, a.err
	case <-limit.C:
	case <-g.ctx.Done():
	}
	return fsSizes{}, errTimeout
}
