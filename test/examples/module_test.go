package examples

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/tryfunc"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// module is the Terraform example, evaluated as Terraform would: values that
// only Amazon knows are placeholders, "known after apply".
type module struct {
	t      *testing.T
	blocks map[string]*hclsyntax.Block // "var.x", "local.x" has none, "aws_x.y", "data.aws_x.y", "output.x"
	locals map[string]hclsyntax.Expression
	schema provider

	values  map[string]cty.Value // of what has been evaluated, by the same names
	results map[string][]instance
}

// instance is a resource of the plan.
type instance struct {
	address string
	values  map[string]cty.Value              // attributes
	blocks  map[string][]map[string]cty.Value // nested blocks, one level
}

// provider is testdata/provider.json.
type provider struct {
	Provider string
	Resource map[string]resourceSchema
	Data     map[string]resourceSchema
}

type resourceSchema struct {
	blockSchema
	Reads []string
}

type blockSchema struct {
	Required   bool
	Attributes map[string]struct {
		Type     string
		Required bool
	}
	Blocks map[string]blockSchema
}

const moduleDir = examples + "/terraform"

func loadModule(t *testing.T) *module {
	t.Helper()
	m := &module{t: t, blocks: map[string]*hclsyntax.Block{}, locals: map[string]hclsyntax.Expression{}}
	text, err := os.ReadFile("testdata/provider.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := strictJSON(string(text), &m.schema); err != nil {
		t.Fatalf("testdata/provider.json: %v", err)
	}
	for _, name := range moduleFiles(t) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		file, diags := hclsyntax.ParseConfig(text, name, hcl.InitialPos)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		for _, b := range file.Body.(*hclsyntax.Body).Blocks {
			m.add(b)
		}
	}
	return m
}

func moduleFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(moduleDir + "/*.tf")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files in %s: %v", moduleDir, err)
	}
	return files
}

func (m *module) add(b *hclsyntax.Block) {
	name := strings.Join(b.Labels, ".")
	switch b.Type {
	case "variable":
		name = "var." + name
	case "output":
		name = "output." + name
	case "data":
		name = "data." + name
	case "locals":
		for k, a := range b.Body.Attributes {
			m.declare("local."+k, b)
			m.locals["local."+k] = a.Expr
		}
		return
	case "resource":
	case "terraform":
		name = "terraform"
	default:
		m.t.Errorf("%s: block %s", b.Range(), b.Type)
	}
	m.declare(name, b)
}

func (m *module) declare(name string, b *hclsyntax.Block) {
	if m.blocks[name] != nil {
		m.t.Errorf("%s: %s is declared twice", b.Range(), name)
	}
	m.blocks[name] = b
}

// reference is the name that a traversal refers to, as in m.blocks, and the
// attribute that is asked for. Of "each", "count" and "path" there is none.
func reference(tr hcl.Traversal) (name, attribute string) {
	parts := []string{tr.RootName()}
	for _, step := range tr[1:] {
		if a, ok := step.(hcl.TraverseAttr); ok {
			parts = append(parts, a.Name)
		} else {
			parts = append(parts, "") // an index
		}
	}
	size := 2
	switch parts[0] {
	case "each", "count", "path":
		return "", ""
	case "data":
		size = 3
	}
	if len(parts) < size { // the word of a type
		return parts[0], ""
	}
	rest := slices.DeleteFunc(slices.Clone(parts[size:]), func(s string) bool { return s == "" })
	if len(rest) > 0 {
		attribute = rest[0]
	}
	return strings.Join(parts[:size], "."), attribute
}

// expressions are all those of a block, with those of its nested blocks.
func expressions(b *hclsyntax.Body) (all []hclsyntax.Expression) {
	for _, a := range b.Attributes {
		all = append(all, a.Expr)
	}
	for _, inner := range b.Blocks {
		all = append(all, expressions(inner.Body)...)
	}
	return all
}

// plan evaluates the module with values of its variables.
func (m *module) plan(variables map[string]cty.Value) {
	m.t.Helper()
	m.values, m.results = map[string]cty.Value{}, map[string][]instance{}
	for name, b := range m.blocks {
		if v, ok := strings.CutPrefix(name, "var."); ok {
			m.values[name] = m.variable(v, b, variables)
		}
	}
	for v := range variables {
		if m.blocks["var."+v] == nil {
			m.t.Fatalf("no variable %s", v)
		}
	}
	m.settle()
	for name, b := range m.blocks {
		if strings.HasPrefix(name, "var.") {
			m.validate(name, b)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(m.blocks)) {
		if b := m.blocks[name]; b.Type == "resource" {
			m.results[name] = m.instances(name, b)
		}
	}
}

func (m *module) variable(name string, b *hclsyntax.Block, given map[string]cty.Value) cty.Value {
	want, defaults, diags := typeexpr.TypeConstraintWithDefaults(b.Body.Attributes["type"].Expr)
	if diags.HasErrors() {
		m.t.Fatal(diags)
	}
	v, ok := given[name]
	if def := b.Body.Attributes["default"]; !ok && def != nil {
		v, diags = def.Expr.Value(nil)
		ok = true
	}
	if !ok || diags.HasErrors() {
		m.t.Fatalf("variable %s has no value: %v", name, diags)
	}
	if defaults != nil && !v.IsNull() {
		v = defaults.Apply(v)
	}
	v, err := convert.Convert(v, want)
	if err != nil {
		m.t.Fatalf("variable %s: %v", name, err)
	}
	return v
}

func (m *module) validate(name string, b *hclsyntax.Block) {
	for _, inner := range b.Body.Blocks {
		ok := m.value(inner.Body.Attributes["condition"].Expr, nil)
		if !ok.True() {
			m.t.Errorf("%s: its default, or the test's value, is not valid", name)
		}
		if text := m.value(inner.Body.Attributes["error_message"].Expr, nil).AsString(); !strings.HasSuffix(text, ".") {
			m.t.Errorf("%s: Terraform wants sentences as error messages: %q", name, text)
		}
	}
}

// settle evaluates locals, and what can be said of resources, as soon as what
// they refer to is known.
func (m *module) settle() {
	for {
		before, waiting := len(m.values), []string{}
		for name, b := range m.blocks {
			if _, known := m.values[name]; known || b.Type == "output" || b.Type == "terraform" {
				continue
			}
			if !m.try(name, b) {
				waiting = append(waiting, name)
			}
		}
		if len(waiting) == 0 {
			return
		}
		if len(m.values) == before {
			m.t.Fatalf("these refer to one another, or to what is not there: %v", waiting)
		}
	}
}

func (m *module) try(name string, b *hclsyntax.Block) bool {
	expr := m.locals[name]
	each, count := b.Body.Attributes["for_each"], b.Body.Attributes["count"]
	switch {
	case b.Type == "locals":
		if !m.ready(expr) {
			return false
		}
		m.values[name] = m.value(expr, nil)
	case count != nil:
		if !m.ready(count.Expr) {
			return false
		}
		n, _ := m.value(count.Expr, nil).AsBigFloat().Int64()
		all := []cty.Value{}
		for range n {
			all = append(all, m.placeholder(name, b))
		}
		m.values[name] = cty.TupleVal(all)
	case each != nil:
		if !m.ready(each.Expr) {
			return false
		}
		all := map[string]cty.Value{}
		for k := range m.each(each.Expr) {
			all[k] = m.placeholder(name+"-"+k, b)
		}
		m.values[name] = cty.ObjectVal(all)
	default:
		m.values[name] = m.placeholder(name, b)
	}
	return true
}

func (m *module) ready(e hclsyntax.Expression) bool {
	for _, tr := range e.Variables() {
		name, _ := reference(tr)
		if _, known := m.values[name]; name != "" && !known {
			return false
		}
	}
	return true
}

func (m *module) each(e hclsyntax.Expression) map[string]cty.Value {
	v, all := m.value(e, nil), map[string]cty.Value{}
	if v.Type().IsSetType() {
		for _, k := range v.AsValueSlice() {
			all[k.AsString()] = k
		}
		return all
	}
	return v.AsValueMap()
}

// placeholder is a resource as others see it.
func (m *module) placeholder(address string, b *hclsyntax.Block) cty.Value {
	known := map[string]cty.Value{}
	schema := m.schema.Resource[b.Labels[0]]
	if b.Type == "data" {
		schema = m.schema.Data[b.Labels[0]]
	}
	service := strings.Split(strings.TrimPrefix(b.Labels[0], "aws_"), "_")[0]
	last := address[strings.LastIndex(address, ".")+1:]
	for _, a := range schema.Reads {
		switch {
		case b.Type == "data" && a == "account_id":
			known[a] = cty.StringVal("111122223333")
		case b.Type == "data" && a == "partition":
			known[a] = cty.StringVal("aws")
		case b.Type == "data" && a == "region":
			known[a] = cty.StringVal("us-west-2")
		case a == "arn":
			known[a] = cty.StringVal("arn:aws:" + service + ":us-west-2:111122223333:" + b.Labels[0] + "/" + last)
		default:
			known[a] = cty.StringVal(b.Labels[0] + "-" + last + "-" + a)
		}
	}
	return cty.ObjectVal(known)
}

func (m *module) instances(name string, b *hclsyntax.Block) (all []instance) {
	if each := b.Body.Attributes["for_each"]; each != nil {
		values := m.each(each.Expr)
		for _, k := range slices.Sorted(maps.Keys(values)) {
			scope := map[string]cty.Value{"each": cty.ObjectVal(map[string]cty.Value{"key": cty.StringVal(k), "value": values[k]})}
			all = append(all, m.instance(fmt.Sprintf("%s[%q]", name, k), b, scope))
		}
		return all
	}
	if b.Body.Attributes["count"] != nil {
		for i := range m.values[name].LengthInt() {
			all = append(all, m.instance(fmt.Sprintf("%s[%d]", name, i), b, nil))
		}
		return all
	}
	return []instance{m.instance(name, b, nil)}
}

func (m *module) instance(address string, b *hclsyntax.Block, scope map[string]cty.Value) instance {
	i := instance{address, m.attributes(b.Body, scope), map[string][]map[string]cty.Value{}}
	for _, inner := range b.Body.Blocks {
		i.blocks[inner.Type] = append(i.blocks[inner.Type], m.attributes(inner.Body, scope))
		for _, below := range inner.Body.Blocks {
			i.blocks[inner.Type+"."+below.Type] = append(i.blocks[inner.Type+"."+below.Type], m.attributes(below.Body, scope))
		}
	}
	return i
}

func (m *module) attributes(b *hclsyntax.Body, scope map[string]cty.Value) map[string]cty.Value {
	all := map[string]cty.Value{}
	for k, a := range b.Attributes {
		if k != "for_each" && k != "count" && k != "depends_on" {
			all[k] = m.value(a.Expr, scope)
		}
	}
	return all
}

func (m *module) value(e hclsyntax.Expression, scope map[string]cty.Value) cty.Value {
	m.t.Helper()
	root := maps.Clone(scope)
	if root == nil {
		root = map[string]cty.Value{}
	}
	root["path"] = cty.ObjectVal(map[string]cty.Value{"module": cty.StringVal(moduleDir)})
	trees := map[string]map[string]cty.Value{}
	put := func(tree, leaf string, v cty.Value) {
		if trees[tree] == nil {
			trees[tree] = map[string]cty.Value{}
		}
		trees[tree][leaf] = v
	}
	data := map[string]map[string]cty.Value{}
	for name, v := range m.values {
		parts := strings.Split(name, ".")
		if parts[0] != "data" {
			put(parts[0], parts[1], v)
			continue
		}
		if data[parts[1]] == nil {
			data[parts[1]] = map[string]cty.Value{}
		}
		data[parts[1]][parts[2]] = v
	}
	for kind, all := range data {
		put("data", kind, cty.ObjectVal(all))
	}
	for tree, leaves := range trees {
		root[tree] = cty.ObjectVal(leaves)
	}
	v, diags := e.Value(&hcl.EvalContext{Variables: root, Functions: functions()})
	if diags.HasErrors() {
		m.t.Fatal(diags)
	}
	return v
}

// functions are Terraform's, as far as the module calls them.
func functions() map[string]function.Function {
	text := func(f func(args []string) (cty.Value, error), n int) function.Function {
		params := make([]function.Parameter, n)
		for i := range params {
			params[i] = function.Parameter{Name: fmt.Sprint("p", i), Type: cty.String}
		}
		return function.New(&function.Spec{Params: params, Type: func(args []cty.Value) (cty.Type, error) {
			v, err := f(make([]string, n))
			return v.Type(), err
		}, Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			all := []string{}
			for _, a := range args {
				all = append(all, a.AsString())
			}
			return f(all)
		}})
	}
	all := map[string]function.Function{
		"jsonencode": stdlib.JSONEncodeFunc, "replace": stdlib.ReplaceFunc, "merge": stdlib.MergeFunc, "coalesce": stdlib.CoalesceFunc,
		"concat": stdlib.ConcatFunc, "join": stdlib.JoinFunc, "keys": stdlib.KeysFunc, "contains": stdlib.ContainsFunc,
		"regex": stdlib.RegexFunc, "can": tryfunc.CanFunc,
		"startswith": text(func(a []string) (cty.Value, error) { return cty.BoolVal(strings.HasPrefix(a[0], a[1])), nil }, 2),
		"endswith":   text(func(a []string) (cty.Value, error) { return cty.BoolVal(strings.HasSuffix(a[0], a[1])), nil }, 2),
		// the hash of a file that this machine need not have
		"filebase64sha256": text(func([]string) (cty.Value, error) { return cty.StringVal("hash"), nil }, 1),
		"file": text(func(a []string) (cty.Value, error) {
			if a[0] == "" { // only its type is wanted
				return cty.StringVal(""), nil
			}
			body, err := os.ReadFile(a[0])
			return cty.StringVal(string(body)), err
		}, 1),
		"alltrue": function.New(&function.Spec{
			Params: []function.Parameter{{Name: "list", Type: cty.List(cty.Bool)}}, Type: function.StaticReturnType(cty.Bool),
			Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
				return cty.BoolVal(!slices.ContainsFunc(args[0].AsValueSlice(), cty.Value.False)), nil
			},
		}),
		"one": function.New(&function.Spec{
			Params: []function.Parameter{{Name: "list", Type: cty.DynamicPseudoType}},
			Type:   function.StaticReturnType(cty.DynamicPseudoType),
			Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
				for _, v := range args[0].AsValueSlice() {
					return v, nil
				}
				return cty.NullVal(cty.DynamicPseudoType), nil
			},
		}),
	}
	all["templatefile"] = function.New(&function.Spec{
		Params: []function.Parameter{{Name: "path", Type: cty.String}, {Name: "vars", Type: cty.DynamicPseudoType}},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			body, err := os.ReadFile(args[0].AsString())
			if err != nil {
				return cty.NilVal, err
			}
			e, diags := hclsyntax.ParseTemplate(body, args[0].AsString(), hcl.InitialPos)
			if diags.HasErrors() {
				return cty.NilVal, diags
			}
			v, diags := e.Value(&hcl.EvalContext{Variables: args[1].AsValueMap(), Functions: all})
			if diags.HasErrors() {
				return cty.NilVal, diags
			}
			used := map[string]bool{}
			for _, tr := range e.Variables() {
				used[tr.RootName()] = true
			}
			for name := range args[1].AsValueMap() {
				if !used[name] {
					return cty.NilVal, fmt.Errorf("%s: no ${%s}", args[0].AsString(), name)
				}
			}
			return v, nil
		},
	})
	return all
}
