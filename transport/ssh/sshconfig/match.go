package sshconfig

import (
	"strings"

	"github.com/musterhq/muster/internal/diag"
)

// match evaluates the criteria of a Match line; all must hold. Later criteria are not evaluated once one failed.
func (e *evaluation) match(l line, pos diag.Pos, outer bool) (bool, error) {
	words := matchWords(l.words)
	if len(words) == 0 {
		return false, diag.Errorf(pos, "match has no criteria")
	}
	result := outer
	for i := 0; i < len(words); i++ {
		name := strings.ToLower(words[i])
		negated := strings.HasPrefix(name, "!")
		name = strings.TrimPrefix(name, "!")
		var holds bool
		switch name {
		case "all":
			if i+1 < len(words) || i > 1 || i == 1 && !isPass(words[0]) {
				return false, diag.Errorf(pos, "match all stands alone or after canonical or final")
			}
			holds = true
		case "final", "canonical":
			holds = e.final
			e.wantFinal = e.wantFinal || name == "final"
		default:
			i++
			if i >= len(words) {
				return false, diag.Errorf(pos, "match %s has no value", name)
			}
			var err error
			if holds, err = e.criterion(name, words[i], pos, result); err != nil {
				return false, err
			}
		}
		result = result && holds != negated
	}
	return result, nil
}

// criterion evaluates a criterion that has a value. A command runs only while the line may still match.
func (e *evaluation) criterion(name, value string, pos diag.Pos, may bool) (bool, error) {
	patterns := strings.Split(value, ",")
	switch name {
	case "host":
		return MatchList(lower(patterns), strings.ToLower(e.hostname())), nil
	case "originalhost":
		return MatchList(lower(patterns), strings.ToLower(e.query.Host)), nil
	case "user":
		return MatchList(patterns, e.tokens().User), nil
	case "localuser":
		return MatchList(patterns, e.loader.LocalUser), nil
	case "tagged":
		return MatchList(patterns, e.config.Text("tag")), nil
	case "exec":
		if !may {
			return false, nil
		}
		command, err := Expand(value, e.tokens(), nil)
		if err != nil {
			return false, diag.Errorf(pos, "match exec: %v", err)
		}
		return e.loader.Exec != nil && e.loader.Exec(e.ctx, command), nil
	}
	return false, diag.Errorf(pos, "unknown match criterion %s", quoted(name)).
		WithHint("known: all, canonical, final, exec, host, originalhost, user, localuser, tagged")
}

// matchWords splits "host=pattern", which newer OpenSSH allows, into two words.
func matchWords(words []string) []string {
	var out []string
	for _, w := range words {
		name, value, ok := strings.Cut(w, "=")
		if ok && len(out)%2 == 0 && !strings.ContainsAny(name, " *?") {
			out = append(out, name, value)
			continue
		}
		out = append(out, w)
	}
	return out
}

func isPass(word string) bool {
	return strings.EqualFold(word, "canonical") || strings.EqualFold(word, "final")
}

func lower(words []string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = strings.ToLower(w)
	}
	return out
}
