package config

import (
	"errors"
	"fmt"
	"strings"
)

// ForAnswer wants stdout for the answer alone.
func (s Settings) ForAnswer() error {
	for _, r := range s.Reports {
		if r.IsStdout() {
			return mistake(errors.New("report -: stdout carries the answer to the event"), "give a file or s3://bucket/key")
		}
	}
	return nil
}

// FunctionParameters are the settings with the defaults of a function, whose
// log is read by machines.
func FunctionParameters() []Parameter {
	all := Parameters()
	for i := range all {
		if all[i].Name == "log-format" {
			all[i].Default = "json"
		}
	}
	return all
}

// ForFunction refuses what would be gone with the function's file system.
func (s Settings) ForFunction() error {
	for _, r := range s.Reports {
		if !r.IsS3() {
			return mistake(fmt.Errorf("report %s: a Lambda function keeps no files", r), "give s3://bucket/key")
		}
	}
	if s.JournalDir != "" {
		return mistake(fmt.Errorf("journal %s: a Lambda function keeps no files", s.JournalDir), "give s3://bucket/prefix")
	}
	return nil
}

// Replacing warns of reports that every invocation writes over.
func (s Settings) Replacing() (warnings []string) {
	for _, r := range s.Reports {
		if !strings.Contains(r.Path, RunPlaceholder) {
			warnings = append(warnings, fmt.Sprintf("each invocation replaces the report %s: put %s into its name", r, RunPlaceholder))
		}
	}
	return warnings
}
