package config

import (
	"fmt"
	"slices"

	"go.yaml.in/yaml/v3"
)

// entry is a key of a mapping and its value.
type entry struct {
	key            string
	keyNode, value *yaml.Node
}

// mapping returns a mapping's entries in the order of the file.
func (c *configFile) mapping(n *yaml.Node, what string) ([]entry, error) {
	n = resolved(n)
	if n.Kind != yaml.MappingNode {
		return nil, c.at(n, "%s must be a mapping (key: value), not %s", what, describe(n))
	}
	lines := map[string]int{}
	var entries []entry
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind != yaml.ScalarNode {
			return nil, c.at(key, "a key must be a word, not %s", describe(key))
		}
		if line, twice := lines[key.Value]; twice {
			return nil, c.at(key, "the key %q is there already, on line %d", key.Value, line)
		}
		lines[key.Value] = key.Line
		entries = append(entries, entry{key.Value, key, resolved(n.Content[i+1])})
	}
	return entries, nil
}

// sequence returns a list's items.
func (c *configFile) sequence(n *yaml.Node, what string) ([]*yaml.Node, error) {
	if n.Kind != yaml.SequenceNode {
		return nil, c.at(n, "%s must be a list (- item), not %s", what, describe(n))
	}
	items := make([]*yaml.Node, len(n.Content))
	for i, item := range n.Content {
		items[i] = resolved(item)
	}
	return items, nil
}

// resolved follows an alias (*name) to what it stands for.
func resolved(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

// tagsOf says which scalars a setting takes, as YAML resolves them. A number
// is taken for a text as it is written: accounts and buckets may be digits.
var tagsOf = map[Kind]struct {
	tags []string
	want string
}{
	Text:     {[]string{"!!str", "!!int", "!!float"}, "a text"},
	Choice:   {[]string{"!!str"}, "a text"},
	Boolean:  {[]string{"!!bool"}, "true or false"},
	Number:   {[]string{"!!int"}, "a whole number"},
	Duration: {[]string{"!!str", "!!int", "!!float"}, "a duration"},
	Size:     {[]string{"!!str", "!!int"}, "a size"},
	List:     {[]string{"!!str"}, "a text or a list of texts"},
	Mapping:  {[]string{"!!str"}, "a mapping or a text holding JSON"},
}

// scalar returns a scalar as it is written.
func (c *configFile) scalar(n *yaml.Node, key string, k Kind) (string, error) {
	if n.Kind != yaml.ScalarNode || !slices.Contains(tagsOf[k].tags, n.ShortTag()) {
		return "", c.at(n, "%s must be %s, not %s", key, tagsOf[k].want, describe(n))
	}
	return n.Value, nil
}

func describe(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.ShortTag() == "!!null":
		return "nothing"
	case n.ShortTag() == "!!str":
		return fmt.Sprintf("the text %q", n.Value)
	}
	return n.Value
}

// value reads the value of a setting.
func (c *configFile) value(p *Parameter, e entry) (given, error) {
	g := given{from: fmt.Sprintf("%s:%d: %s", c.name, e.keyNode.Line, e.key)}
	nodes := []*yaml.Node{e.value}
	switch {
	case p.Kind == List && e.value.Kind == yaml.SequenceNode:
		nodes, _ = c.sequence(e.value, e.key)
	case p.Kind == Mapping && e.value.Kind == yaml.MappingNode:
		var err error
		g.pairs, err = c.pairs(e)
		return g, err
	}
	for _, n := range nodes {
		s, err := c.scalar(n, e.key, p.Kind)
		if err != nil {
			return given{}, err
		}
		g.texts = append(g.texts, s)
	}
	return g, nil
}

func (c *configFile) pairs(e entry) ([]pair, error) {
	entries, err := c.mapping(e.value, e.key)
	pairs := []pair{}
	for _, in := range entries {
		s, err := c.scalar(in.value, in.key, Text)
		if err != nil {
			return nil, err
		}
		pairs = append(pairs, pair{in.key, s, fmt.Sprintf("%s:%d: %s", c.name, in.keyNode.Line, e.key)})
	}
	return pairs, err
}
