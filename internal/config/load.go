package config

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
)

// Loader gathers settings from the places they can come from. It reads nothing
// of the process by itself.
type Loader struct {
	LookupEnv func(name string) (string, bool)
	Environ   func() []string // as os.Environ; nil: nothing
	Variables []string        // environment variables that other commands know
	Version   string          // the program's

	Answering bool // stdout is for the answer to an event
	Function  bool // as a Lambda function, which keeps no files
}

// Load gathers and checks a job's settings. Its errors are the user's to mend:
// they are an *Error.
func (l Loader) Load(command string, flags []*Flag) (Settings, error) {
	r, err := l.read(command, flags, NewFlags(Parameters()))
	if err == nil {
		err = asMistake(r.resolve())
	}
	if err == nil {
		err = asMistake(r.check())
	}
	if err != nil {
		return Settings{}, err
	}
	return r.Settings, nil
}

// LoadOwn gathers the settings of a command with flags of its own. Settings of
// the other commands may stand in the environment and in the config file.
func (l Loader) LoadOwn(command string, flags []*Flag) (Settings, error) {
	r, err := l.read(command, flags, append(NewFlags(Parameters()), flags...))
	if err == nil {
		err = asMistake(r.buckets(nil))
	}
	if err == nil {
		err = asMistake(r.checkReports())
	}
	if err != nil {
		return Settings{}, err
	}
	return r.Settings, nil
}

// read gathers the values of flags; known are all whose variables may be set.
func (l Loader) read(command string, flags, known []*Flag) (*reading, error) {
	r := l.newReading(command)
	if err := r.checkEnvironment(known); err != nil {
		return nil, err
	}
	if err := r.readFile(flags); err != nil {
		return nil, asMistake(err)
	}
	if err := r.gather(flags); err != nil {
		return nil, asMistake(err)
	}
	return r, nil
}

// readFile reads the config file, if one is named.
func (r *reading) readFile(flags []*Flag) error {
	named := slices.DeleteFunc(slices.Clone(flags), func(f *Flag) bool { return f.Name != "config" })
	if err := r.gather(named); err != nil || r.config == "" {
		return err
	}
	file, err := readConfig(r.config, Parameters())
	var path *fs.PathError
	if errors.As(err, &path) {
		return r.wrong("config", err)
	}
	if err == nil {
		r.file = file
	}
	return err
}

// asMistake is an error of the settings, of whatever kind it was; nil for nil.
func asMistake(err error) error {
	var m *Error
	if err == nil || errors.As(err, &m) {
		return err
	}
	return &Error{Err: err}
}

func wrap(from string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	return nil
}
