package demo

import "os"

// LendEnvironment sets variables of the process, or takes away those that are
// empty, until restore is called.
func LendEnvironment(set map[string]string) (restore func()) {
	old := map[string]string{}
	for name, value := range set {
		old[name] = os.Getenv(name)
		setOrUnset(name, value)
	}
	return func() {
		for name, value := range old {
			setOrUnset(name, value)
		}
	}
}

func setOrUnset(name, value string) {
	if value == "" {
		os.Unsetenv(name)
		return
	}
	os.Setenv(name, value)
}
