package main

import (
	"encoding/json"
	"fmt"
)

// variableText is a variable's value for people: text as it is, everything else as JSON.
func variableText(v any) string {
	if text, ok := v.(string); ok {
		return text
	}
	out, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(out)
}
