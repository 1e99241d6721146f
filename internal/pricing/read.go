package pricing

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// columns are the fields of a row, in CSV's header as in YAML.
var columns = []string{"date", "region", "currency", "class", "item", "tier", "price"}

// Read reads a table of prices; the file's name says whether it is YAML
// (.yaml, .yml) or CSV. Errors begin with NAME:LINE.
func Read(from io.Reader, name string) (*Table, error) {
	lower := strings.ToLower(name)
	if strings.HasSuffix(lower, ".yaml") || strings.HasSuffix(lower, ".yml") {
		return ReadYAML(from, name)
	}
	return ReadCSV(from, name)
}

// ReadCSV reads a table whose header names the columns date, region, currency,
// class, item, tier and price, in any order. Lines that begin with # are
// comments.
func ReadCSV(from io.Reader, name string) (*Table, error) {
	in := csv.NewReader(from)
	in.Comment, in.ReuseRecord = '#', true
	header, err := in.Read()
	if err != nil {
		return nil, fmt.Errorf("%s: prices: %w", name, noEnd(err))
	}
	index, err := indexOf(header)
	if err != nil {
		return nil, fmt.Errorf("%s: prices: %w", name, err)
	}
	t := &Table{}
	for {
		cells, err := in.Read()
		if err == io.EOF {
			return t, t.nonEmpty(name)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: prices: %w", name, err)
		}
		line, _ := in.FieldPos(0)
		if err := t.addText(func(column string) string { return cells[index[column]] }); err != nil {
			return nil, fmt.Errorf("%s:%d: prices: %w", name, line, err)
		}
	}
}

func indexOf(header []string) (map[string]int, error) {
	index := map[string]int{}
	for i, h := range header {
		h = strings.TrimSpace(strings.TrimPrefix(h, "\uFEFF"))
		if _, twice := index[h]; twice || !slices.Contains(columns, h) {
			return nil, fmt.Errorf("column %q: the columns are %s, each once", h, strings.Join(columns, ", "))
		}
		index[h] = i
	}
	for _, c := range columns {
		if _, ok := index[c]; !ok {
			return nil, fmt.Errorf("there is no column %q", c)
		}
	}
	return index, nil
}

// addText takes a row whose fields are text.
func (t *Table) addText(field func(string) string) error {
	text := func(name string) string { return strings.Clone(strings.TrimSpace(field(name))) }
	price, err := strconv.ParseFloat(text("price"), 64)
	if err != nil {
		return fmt.Errorf("price %q is no number", text("price"))
	}
	r := row{Item(text("item")), text("class"), text("tier")}
	return t.add(text("date"), text("region"), text("currency"), r, price)
}

// ReadYAML reads a table from a document with the one key "prices", a list of
// mappings with the columns of the CSV; date, region and currency may stand
// beside "prices" once, for all rows without their own.
func ReadYAML(from io.Reader, name string) (*Table, error) {
	var doc struct {
		Date, Region, Currency string
		Prices                 []yaml.Node
	}
	dec := yaml.NewDecoder(from)
	dec.KnownFields(true)
	if err := dec.Decode(&doc); err != nil {
		return nil, fmt.Errorf("%s: prices: %w", name, noEnd(err))
	}
	general := map[string]string{"date": doc.Date, "region": doc.Region, "currency": doc.Currency}
	t := &Table{}
	for i := range doc.Prices {
		node := &doc.Prices[i]
		if err := t.addNode(node, general); err != nil {
			return nil, fmt.Errorf("%s:%d: prices: %w", name, node.Line, err)
		}
	}
	return t, t.nonEmpty(name)
}

func (t *Table) addNode(node *yaml.Node, general map[string]string) error {
	var fields map[string]string
	if err := node.Decode(&fields); err != nil {
		return err
	}
	for name := range fields {
		if !slices.Contains(columns, name) {
			return fmt.Errorf("field %q: the fields are %s", name, strings.Join(columns, ", "))
		}
	}
	return t.addText(func(name string) string {
		if value, own := fields[name]; own {
			return value
		}
		return general[name]
	})
}

func (t *Table) nonEmpty(name string) error {
	if len(t.regions) == 0 {
		return fmt.Errorf("%s: prices: there are none", name)
	}
	return nil
}

func isDate(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

// noEnd keeps an empty file from looking like one that was read.
func noEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return errors.New("the file is empty")
	}
	return err
}
