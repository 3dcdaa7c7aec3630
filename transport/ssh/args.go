package ssh

import (
	"fmt"
	"slices"
	"strings"

	"github.com/musterhq/muster/transport/ssh/sshconfig"
)

// arguments are what the words of ansible_ssh_args and its relatives say.
type arguments struct {
	options []sshconfig.Option
	file    string // -F
}

const (
	flagsIgnored  = "1CMPTanqtvxy"          // without effect here: multiplexing, terminals, verbosity, compression
	flagsWithWord = "BDEFIJLOQRSWbceilmopw" // take the next word
)

// parseArgs reads the words of an ssh command line. What cannot be honoured is an error that names it.
func parseArgs(words []string) (arguments, error) {
	var a arguments
	for i := 0; i < len(words); i++ {
		word := words[i]
		if len(word) < 2 || word[0] != '-' {
			return a, fmt.Errorf("unexpected word %q among the ssh arguments", word)
		}
		for letters := word[1:]; letters != ""; {
			flag := letters[0]
			letters = letters[1:]
			if !strings.ContainsRune(flagsWithWord, rune(flag)) {
				if err := a.flag(flag); err != nil {
					return a, err
				}
				continue
			}
			value := letters
			letters = ""
			if value == "" {
				if i++; i >= len(words) {
					return a, fmt.Errorf("ssh argument -%c has no value", flag)
				}
				value = words[i]
			}
			if err := a.valued(flag, value); err != nil {
				return a, err
			}
		}
	}
	return a, nil
}

// flag handles a letter without a value.
func (a *arguments) flag(flag byte) error {
	switch {
	case flag == '4':
		a.add("addressfamily", "inet")
	case flag == '6':
		a.add("addressfamily", "inet6")
	case flag == 'A':
		a.add("forwardagent", "yes")
	case flag == 'a':
		a.add("forwardagent", "no")
	case flag == 'k':
		a.add("gssapidelegatecredentials", "no")
	case strings.IndexByte(flagsIgnored, flag) >= 0:
	default:
		return fmt.Errorf("ssh argument -%c cannot be honoured", flag)
	}
	return nil
}

// valued handles a letter with a value.
func (a *arguments) valued(flag byte, value string) error {
	switch flag {
	case 'o':
		o, err := sshconfig.ParseOption(value)
		if err != nil {
			return err
		}
		a.options = append(a.options, o)
	case 'F':
		a.file = value
	case 'J':
		a.add("proxyjump", value)
	case 'i':
		a.add("identityfile", value)
	case 'l':
		a.add("user", value)
	case 'p':
		a.add("port", value)
	case 'b':
		a.add("bindaddress", value)
	case 'B':
		a.add("bindinterface", value)
	case 'c':
		a.add("ciphers", value)
	case 'm':
		a.add("macs", value)
	case 'S', 'E', 'e': // control socket, log file, escape character
	default:
		return fmt.Errorf("ssh argument -%c %s cannot be honoured", flag, value)
	}
	return nil
}

func (a *arguments) add(keyword, value string) {
	a.options = append(a.options, sshconfig.NewOption(keyword, value))
}

func (a *arguments) has(keyword string) bool {
	return slices.ContainsFunc(a.options, func(o sshconfig.Option) bool { return o.Keyword() == keyword })
}
