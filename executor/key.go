package executor

import (
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/musterhq/muster/internal/value"
	"github.com/musterhq/muster/playbook"
)

// taskKeys gives tasks keys that stay the same from run to run, wherever their lines move: play, file, role, name and
// action, and for tasks that are equal in those their place among each other.
type taskKeys struct {
	mu   sync.Mutex
	keys map[*playbook.Task]string
}

// of returns a task's key, 16 hexadecimal digits.
func (k *taskKeys) of(t *playbook.Task) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	if key, ok := k.keys[t]; ok {
		return key
	}
	if k.keys == nil {
		k.keys = map[*playbook.Task]string{}
	}
	n := numbering{keys: k.keys, seen: map[string]int{}}
	n.around(t)
	if _, ok := k.keys[t]; !ok {
		n.task(t) // muster itself put it into the play
	}
	return k.keys[t]
}

// numbering gives keys to the tasks of one play or of one included file.
type numbering struct {
	keys map[*playbook.Task]string
	seen map[string]int
}

// around numbers all tasks of the include that brought the task, or of its play.
func (n *numbering) around(t *playbook.Task) {
	for b := t.Parent; b != nil; b = b.Parent {
		if b.Include && !b.Static {
			n.nodes(b.Body)
			return
		}
	}
	p := t.Play()
	if p == nil {
		return
	}
	n.nodes(p.PreTasks)
	for _, role := range p.Roles {
		for _, r := range role.Flatten() {
			n.nodes([]playbook.Node{r.Block})
			n.nodes(r.Handlers)
		}
	}
	n.nodes(p.Tasks)
	n.nodes(p.PostTasks)
	n.nodes(p.Handlers)
}

func (n *numbering) nodes(list []playbook.Node) {
	for _, node := range list {
		switch x := node.(type) {
		case *playbook.Task:
			n.task(x)
		case *playbook.Block:
			n.nodes(x.Body)
			n.nodes(x.Rescue)
			n.nodes(x.Always)
		}
	}
}

func (n *numbering) task(t *playbook.Task) {
	if _, done := n.keys[t]; done {
		return
	}
	var play, role string
	file := t.File
	if p := t.Play(); p != nil {
		if play = value.Str(templateText(p.Hosts)); p.Name() != nil {
			play = value.Str(templateText(p.Name()))
		}
		if rel, err := filepath.Rel(p.Dir, file); err == nil {
			file = rel
		}
	}
	if r := t.Role(); r != nil {
		role = r.Name
	}
	parts := []string{play, file, role, t.Action, strconv.FormatBool(t.Handler), ""}
	if t.Name() != nil {
		parts[5] = value.Str(templateText(t.Name()))
	}
	base := strings.Join(parts, "\x00")
	n.seen[base]++
	sum := sha256.Sum256([]byte(base + "\x00" + strconv.Itoa(n.seen[base])))
	n.keys[t] = hex.EncodeToString(sum[:8])
}
