package vault

import (
	"bytes"
	"sync"
	"time"
)

// keptKeys are derived keys that outlast the process: one sealed file for each password, in one folder. The zero value keeps
// nothing. Whatever is wrong with the folder or a file, the keys are derived again. It is safe for concurrent use.
type keptKeys struct {
	dir       string
	mu        sync.Mutex
	passwords map[string]*keptPassword
}

// keptPassword is what is kept for one password.
type keptPassword struct {
	password []byte
	load     sync.Once
	salt     []byte // of the folder, when sealer is from it
	sealer   sealer
	found    map[string]keys // read only once loaded

	mu     sync.Mutex
	proven map[string]bool
	used   []keptKey // of this run, in the order of their first use
	fresh  bool      // used has some that the file had not
}

func (c *keptKeys) of(password []byte) *keptPassword {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.passwords[string(password)]
	if p == nil {
		if c.passwords == nil {
			c.passwords = map[string]*keptPassword{}
		}
		p = &keptPassword{password: password, proven: map[string]bool{}}
		c.passwords[string(password)] = p
	}
	return p
}

// find returns the kept keys of a salt.
func (c *keptKeys) find(password, salt []byte) (keys, bool) {
	if c.dir == "" {
		return keys{}, false
	}
	p := c.of(password)
	p.load.Do(func() { p.read(c.dir) })
	k, ok := p.found[string(salt)]
	return k, ok
}

// read loads the file of a password. A folder that has nothing costs nothing.
func (p *keptPassword) read(dir string) {
	folder, err := openKeptFolder(dir, false)
	if err != nil {
		return
	}
	defer folder.close()
	salt, err := folder.salt()
	if err != nil {
		return
	}
	if p.sealer, err = newSealer(p.password, salt); err != nil {
		return
	}
	p.salt = salt
	list := p.fileIn(folder)
	p.found = make(map[string]keys, len(list))
	for _, k := range list {
		k.keys.kept = true
		p.found[k.salt] = k.keys
	}
}

// fileIn returns the keys of the password's file; none when there is no good one.
func (p *keptPassword) fileIn(folder *keptFolder) []keptKey {
	sealed, err := folder.read(p.sealer.file)
	if err != nil {
		return nil
	}
	list, err := p.sealer.open(sealed)
	if err != nil {
		return nil
	}
	return list
}

// prove notes that keys opened a vault: only such ones are kept.
func (c *keptKeys) prove(password, salt []byte, k keys) {
	if c.dir == "" || len(salt) > keptSalt {
		return
	}
	p := c.of(password)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.proven[string(salt)] {
		return
	}
	p.proven[string(salt)] = true
	p.used = append(p.used, keptKey{string(salt), k})
	p.fresh = p.fresh || !k.kept
}

// save writes the keys that were derived since the last time, together with what other processes wrote meanwhile.
func (c *keptKeys) save(now time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.passwords {
		if err := p.save(c.dir, now); err != nil {
			return err
		}
	}
	return nil
}

func (p *keptPassword) save(dir string, now time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.used) == 0 {
		return nil
	}
	folder, err := openKeptFolder(dir, p.fresh)
	if err != nil {
		return err
	}
	defer folder.close()
	if !p.fresh {
		folder.used(p.sealer.file, now)
		return nil
	}
	lock, err := folder.lock()
	if err != nil {
		return err
	}
	defer func() { _ = lock.Close() }() // it holds nothing
	salt, err := folder.ensureSalt()
	if err != nil {
		return err
	}
	if !bytes.Equal(salt, p.salt) {
		if p.sealer, err = newSealer(p.password, salt); err != nil {
			return err
		}
		p.salt = salt
	}
	list := mergeKept(p.used, p.fileIn(folder), keptMost)
	if err := folder.replace(p.sealer.file, p.sealer.seal(list)); err != nil {
		return err
	}
	p.fresh = false
	return folder.prune(now)
}
