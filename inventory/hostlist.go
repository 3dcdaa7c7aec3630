package inventory

import "strings"

// readHostList reads "host1,host2:2222,": the source is the list itself.
func (l *loader) readHostList(s string) error {
	return l.hostList(s, func(item string) ([]string, int, error) {
		name, port, _ := SplitAddress(item, false)
		return []string{name}, port, nil
	})
}

// readAdvancedHostList reads the same with ranges, as in "web[1:3],".
func (l *loader) readAdvancedHostList(s string) error {
	return l.hostList(s, func(item string) ([]string, int, error) {
		names, port, err := expandHosts(item)
		if err != nil {
			return []string{item}, 0, nil
		}
		return names, port, nil
	})
}

func (l *loader) hostList(s string, expand func(string) ([]string, int, error)) error {
	if !strings.Contains(s, ",") || exists(s) {
		return errDeclined
	}
	for item := range strings.SplitSeq(s, ",") {
		item = strings.TrimSpace(item)
		if item == "" {
			continue
		}
		names, port, err := expand(item)
		if err != nil {
			return err
		}
		for _, name := range names {
			if l.v.hosts[name] == nil {
				l.v.groups[groupUngrouped].join(l.v.addHost(name, port))
			}
		}
	}
	return nil
}
