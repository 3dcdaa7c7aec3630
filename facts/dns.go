package facts

import "strings"

func (g *gathering) dns() map[string]any {
	return map[string]any{"dns": parseResolvConf(g.lines("/etc/resolv.conf"))}
}

// parseResolvConf reads resolv.conf: lists of nameservers, search suffixes and sort addresses, a domain, and a
// dict of options, where an option without a value is true.
func parseResolvConf(text []string) map[string]any {
	conf := map[string]any{}
	for _, line := range text {
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(line, "#") || strings.HasPrefix(line, ";") {
			continue
		}
		values := append([]string{}, words[1:]...)
		switch words[0] {
		case "nameserver":
			before, _ := conf["nameservers"].([]string)
			conf["nameservers"] = append(append([]string{}, before...), values...)
		case "domain":
			if len(values) > 0 {
				conf["domain"] = values[0]
			}
		case "search", "sortlist":
			conf[words[0]] = values
		case "options":
			options := map[string]any{}
			for _, v := range values {
				name, value, _ := strings.Cut(v, ":")
				if value == "" {
					options[name] = true
				} else {
					options[name] = value
				}
			}
			conf["options"] = options
		}
	}
	return conf
}
