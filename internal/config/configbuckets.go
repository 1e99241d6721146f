package config

import (
	"fmt"

	"go.yaml.in/yaml/v3"
)

// bucketEntry is what the config file says of one bucket.
type bucketEntry struct {
	name   string
	from   string
	fields []bucketSetting
}

// bucketSetting is a field of a bucketEntry with its value.
type bucketSetting struct {
	bucketField
	given
}

// readBuckets reads the settings of single buckets.
func (c *configFile) readBuckets(e entry) error {
	entries, err := c.mapping(e.value, e.key)
	if err != nil {
		return err
	}
	for _, in := range entries {
		name, err := parseBucket(in.key)
		if err != nil {
			return c.at(in.keyNode, "buckets: %v", err)
		}
		b := bucketEntry{name: name, from: fmt.Sprintf("%s:%d: buckets: %s", c.name, in.keyNode.Line, name)}
		if b.fields, err = c.bucketSettings(name, in.value); err != nil {
			return err
		}
		c.buckets = append(c.buckets, b)
	}
	return nil
}

func (c *configFile) bucketSettings(bucket string, n *yaml.Node) ([]bucketSetting, error) {
	entries, err := c.mapping(n, "buckets: "+bucket)
	var all []bucketSetting
	for _, e := range entries {
		f, ok := fieldOf(e.key)
		if !ok {
			return nil, c.unknown(e.keyNode, bucketKeys())
		}
		s, err := c.scalar(e.value, e.key, Text)
		if err != nil {
			return nil, err
		}
		from := fmt.Sprintf("%s:%d: %s of %s", c.name, e.keyNode.Line, e.key, bucket)
		all = append(all, bucketSetting{f, given{texts: []string{s}, from: from}})
	}
	return all, err
}

func bucketKeys() []string {
	var keys []string
	for _, f := range bucketFields {
		keys = append(keys, f.name)
	}
	return keys
}
