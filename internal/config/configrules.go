package config

import (
	"fmt"

	"go.yaml.in/yaml/v3"

	"reconcile/internal/reconcile"
)

// readRules reads the routing rules.
func (c *configFile) readRules(e entry) error {
	items, err := c.sequence(e.value, e.key)
	if err != nil {
		return err
	}
	for _, item := range items {
		rule, err := c.rule(item)
		if err != nil {
			return err
		}
		c.rules = append(c.rules, rule)
		c.ruleAt = append(c.ruleAt, fmt.Sprintf("%s:%d", c.name, item.Line))
	}
	return nil
}

// ruleKeys are the keys of a rule, and the fields of its text.
var ruleKeys = []string{"glob", "extension", "regex", "prefix", "bucket", "from_prefix", "to_prefix", "exclude"}

func (c *configFile) rule(n *yaml.Node) (reconcile.Rule, error) {
	var r reconcile.Rule
	entries, err := c.mapping(n, "a rule")
	for _, e := range entries {
		if err := c.ruleEntry(&r, e); err != nil {
			return r, err
		}
	}
	return r, err
}

func (c *configFile) ruleEntry(r *reconcile.Rule, e entry) error {
	texts := map[string]*string{
		"glob": &r.Glob, "extension": &r.Extension, "regex": &r.Regex, "prefix": &r.Prefix,
		"bucket": &r.Bucket, "from_prefix": &r.FromPrefix, "to_prefix": &r.ToPrefix,
	}
	if e.key == "exclude" {
		s, err := c.scalar(e.value, e.key, Boolean)
		r.Exclude = s != "" && (s[0] == 't' || s[0] == 'T') // YAML has true, True and TRUE
		return err
	}
	field, ok := texts[e.key]
	if !ok {
		return c.unknown(e.keyNode, ruleKeys)
	}
	s, err := c.scalar(e.value, e.key, Text)
	if err == nil && e.key == "bucket" {
		if s, err = parseBucket(s); err != nil {
			err = c.at(e.value, "bucket: %v", err)
		}
	}
	*field = s
	return err
}
