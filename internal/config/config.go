package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"go.yaml.in/yaml/v3"

	"reconcile/internal/reconcile"
)

// configFile is what a config file says. The zero value is that of no file.
type configFile struct {
	name    string
	values  map[string]given // by the setting's name
	rules   []reconcile.Rule
	ruleAt  []string // where each rule stands
	buckets []bucketEntry
}

// readConfig reads the config file that --config or RECONCILE_CONFIG names.
// Unknown keys, wrong types and duplicates are errors that name file and line.
func readConfig(name string, known []*Parameter) (*configFile, error) {
	contents, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	c := &configFile{name: name, values: map[string]given{}}
	root, err := c.document(contents)
	if err != nil || root == nil {
		return c, err
	}
	entries, err := c.mapping(root, "the config file")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if err := c.top(e, known); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// document returns the root of the file's only document, nil where it is empty.
func (c *configFile) document(contents []byte) (*yaml.Node, error) {
	if err := c.checkText(contents); err != nil {
		return nil, err
	}
	dec := yaml.NewDecoder(bytes.NewReader(contents))
	var doc, next yaml.Node
	if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, c.syntax(err, contents)
	}
	if err := dec.Decode(&next); err == nil {
		return nil, c.at(&next, "a second document: one file holds one configuration")
	} else if !errors.Is(err, io.EOF) {
		return nil, c.syntax(err, contents)
	}
	if root := doc.Content[0]; root.ShortTag() != "!!null" {
		return root, nil
	}
	return nil, nil // nothing but comments
}

// top takes one key of the file's top level.
func (c *configFile) top(e entry, known []*Parameter) error {
	switch e.key {
	case "rules":
		return c.readRules(e)
	case "buckets":
		return c.readBuckets(e)
	}
	for _, p := range known {
		if p.hasKey(e.key) {
			return c.readValue(p, e)
		}
	}
	return c.unknown(e.keyNode, topKeys(known))
}

func (c *configFile) readValue(p *Parameter, e entry) error {
	if before, twice := c.values[p.Name]; twice {
		return c.at(e.keyNode, "%s: this setting is there already: %s", e.key, before.from)
	}
	g, err := c.value(p, e)
	c.values[p.Name] = g
	return err
}

func topKeys(known []*Parameter) []string {
	keys := []string{"rules", "buckets"}
	for _, p := range known {
		if !p.NotInFile {
			keys = append(keys, strings.ReplaceAll(p.Name, "-", "_"))
			keys = append(keys, p.Aliases...)
		}
	}
	return keys
}

// at says what is wrong at a node: FILE:LINE: message.
func (c *configFile) at(n *yaml.Node, format string, args ...any) error {
	return fmt.Errorf("%s:%d: %s", c.name, n.Line, fmt.Sprintf(format, args...))
}

func (c *configFile) unknown(key *yaml.Node, allowed []string) error {
	name := key.Value
	if near := Nearest(strings.ReplaceAll(name, "-", "_"), allowed); near != "" {
		return c.at(key, "unknown key %q (did you mean %s?)", name, near)
	}
	return c.at(key, "unknown key %q", name)
}
