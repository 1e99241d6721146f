package main

import "reconcile/internal/config"

// loader reads the settings of this process.
func (p program) loader() config.Loader {
	return config.Loader{LookupEnv: p.lookupEnv, Environ: p.environ, Version: programVersion()}
}

func (p program) load(command string, flags []*config.Flag) (config.Settings, error) {
	s, err := p.loader().Load(command, flags)
	return s, usage(err)
}

func (p program) loadOwn(command string, flags []*config.Flag) (config.Settings, error) {
	s, err := p.loader().LoadOwn(command, flags)
	return s, usage(err)
}
