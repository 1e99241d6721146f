package config

import (
	"errors"
	"fmt"
	"strings"
)

// checkAnswering wants stdout for the answer to an event alone.
func (r *reading) checkAnswering() error {
	for _, dest := range r.Reports {
		if r.loader.Answering && dest.IsStdout() {
			return mistake(errors.New("report -: stdout carries the answer to the event"), "give a file or s3://bucket/key")
		}
	}
	return nil
}

// checkFunction refuses what would be gone with a function's file system, and
// warns of reports that every invocation writes over.
func (r *reading) checkFunction() error {
	if !r.loader.Function {
		return nil
	}
	for _, dest := range r.Reports {
		if !dest.IsS3() {
			return mistake(fmt.Errorf("report %s: a Lambda function keeps no files", dest), "give s3://bucket/key")
		}
		if !strings.Contains(dest.Path, RunPlaceholder) {
			r.Warnings = append(r.Warnings, fmt.Sprintf("each invocation replaces the report %s: put %s into its name", dest, RunPlaceholder))
		}
	}
	if r.JournalDir != "" {
		return mistake(fmt.Errorf("journal %s: a Lambda function keeps no files", r.JournalDir), "give s3://bucket/prefix")
	}
	return nil
}

// FunctionParameters are the settings with the defaults of a function, whose
// log is read by machines.
func FunctionParameters() []*Parameter {
	return WithDefault(ParametersOf("event"), "log-format", "json")
}
