package config

import (
	"errors"
	"fmt"
	"strings"
)

// checkAnswering wants stdout for the answer to an event alone.
func (r *reading) checkAnswering() error {
	if r.loader.Answering {
		return r.ForAnswer()
	}
	return nil
}

// checkFunction refuses what would be gone with a function's file system, and
// warns of reports that every invocation writes over.
func (r *reading) checkFunction() error {
	if !r.loader.Function {
		return nil
	}
	r.Warnings = append(r.Warnings, r.Replacing()...)
	return r.ForFunction()
}

// ForAnswer wants stdout for the answer alone.
func (s Settings) ForAnswer() error {
	for _, dest := range s.Reports {
		if dest.IsStdout() {
			return mistake(errors.New("report -: stdout carries the answer to the event"), "give a file or s3://bucket/key")
		}
	}
	return nil
}

// ForFunction refuses what would be gone with the function's file system.
func (s Settings) ForFunction() error {
	for _, dest := range s.Reports {
		if !dest.IsS3() {
			return mistake(fmt.Errorf("report %s: a Lambda function keeps no files", dest), "give s3://bucket/key")
		}
	}
	if s.JournalDir != "" {
		return mistake(fmt.Errorf("journal %s: a Lambda function keeps no files", s.JournalDir), "give s3://bucket/prefix")
	}
	return nil
}

// Replacing warns of reports that every invocation writes over.
func (s Settings) Replacing() (warnings []string) {
	for _, dest := range s.Reports {
		if !strings.Contains(dest.Path, RunPlaceholder) {
			warnings = append(warnings, fmt.Sprintf("each invocation replaces the report %s: put %s into its name", dest, RunPlaceholder))
		}
	}
	return warnings
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
