package config

import (
	"fmt"
	"strings"

	"reconcile/internal/storage"
)

// checkManifest wants a command that plans, and a place that is nobody else's. A
// config file is for all commands: there another one passes the setting over.
func (d *draft) checkManifest(command string, s *Settings, file *configFile) error {
	var err error
	switch {
	case d.manifest == "":
		return nil
	case command == "plan":
		err = d.manifestPlace(s.Shard)
	case file.name != "" && strings.HasPrefix(d.from["manifest"], file.name+":"):
		s.Manifest = ""
	default:
		err = fmt.Errorf("only plan writes a manifest, and this is %s", command)
	}
	if err != nil {
		return mistake(wrap(d.from["manifest"], err), "")
	}
	return nil
}

func (d *draft) manifestPlace(s Shard) error {
	if s.Count > 1 && !strings.Contains(d.manifest, RunPlaceholder) {
		return fmt.Errorf("%s: every shard would write its plan there: put %s into the path", d.manifest, RunPlaceholder)
	}
	if !strings.HasPrefix(d.manifest, "s3://") {
		return nil
	}
	at, err := storage.ParseURL(d.manifest)
	if err == nil {
		_, err = ParseBucket(at.Bucket)
	}
	if err == nil && at.Bucket == d.source {
		err = fmt.Errorf("%s: the source is never written", d.manifest)
	}
	return err
}
