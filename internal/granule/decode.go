package granule

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"reconcile/internal/strictjson"
)

// documentField are the fields that say something of all granules.
var documentField = map[string]bool{
	"glacierBucket": true, "defaultBucketOverride": true, "asyncOperationId": true,
	"defaultRecoveryTypeOverride": true, "config": true,
}

// granuleField are those of a granule.
var granuleField = map[string]bool{
	"granuleId": true, "id": true, "collectionId": true, "dataType": true, "version": true,
	"filepaths": true, "keys": true, "files": true, "recoveryBucketOverride": true,
}

// object is a JSON object of a document, with its place for errors. The first
// error stays.
type object struct {
	r      *reader
	path   string
	fields map[string]json.RawMessage
	err    error
}

func (o *object) at(name string) string {
	if o.path == "" {
		return name
	}
	return o.path + "." + name
}

func (o *object) fail(name string, err error) {
	if o.err == nil && err != nil {
		o.err = o.r.fail(o.at(name), err)
	}
}

// given reports whether a field says something.
func (o *object) given(name string) bool {
	raw, ok := o.fields[name]
	return ok && string(raw) != "null"
}

// text returns a text, "" where it is not there or null.
func (o *object) text(name string) string {
	if !o.given(name) {
		return ""
	}
	s, err := strictjson.Text(o.fields[name])
	o.fail(name, err)
	return s
}

// number is text for what may be a number too: checksums of CKSUM are.
func (o *object) number(name string) string {
	if o.given(name) && o.fields[name][0] != '"' {
		var n json.Number
		o.fail(name, json.Unmarshal(o.fields[name], &n))
		return n.String()
	}
	return o.text(name)
}

// one returns the text of whichever of the names is given; two that disagree
// are a contradiction.
func (o *object) one(names ...string) (value string) {
	first := ""
	for _, name := range names {
		switch v := o.number(name); {
		case v == "":
		case first == "":
			first, value = name, v
		case v != value:
			o.fail(name, fmt.Errorf("it is %.80q, and %s is %.80q", v, first, value))
		}
	}
	return value
}

// size returns a number of bytes, -1 where none is given.
func (o *object) size(names ...string) int64 {
	text := o.one(names...)
	if text == "" {
		return -1
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		o.fail(names[0], fmt.Errorf("%.40q is no number of bytes", text))
	}
	return n
}

// list returns the elements of an array.
func (o *object) list(name string) (all []json.RawMessage) {
	if o.given(name) {
		o.fail(name, json.Unmarshal(o.fields[name], &all))
	}
	return all
}

// header notes what a document says of all its granules, itself or under
// config.
func (r *reader) header(own map[string]json.RawMessage) error {
	top := &object{r: r, fields: own}
	if top.given("config") {
		fields, err := strictjson.Object(own["config"])
		top.fail("config", err)
		for name, raw := range fields {
			if _, twice := own[name]; twice && documentField[name] {
				top.fail("config."+name, fmt.Errorf("it stands outside of config too"))
			} else if documentField[name] {
				own[name] = raw
			}
		}
	}
	r.head.Source, r.head.Override = top.text("glacierBucket"), top.text("defaultBucketOverride")
	r.head.Job, r.head.Tier = top.text("asyncOperationId"), top.text("defaultRecoveryTypeOverride")
	return top.err
}

// granule hands on the files of one granule.
func (r *reader) granule(path string, fields map[string]json.RawMessage) error {
	r.head.Granules++
	o := &object{r: r, path: path, fields: fields}
	id := o.id()
	override := o.text("recoveryBucketOverride")
	asked := o.asked(id)
	records := o.records(id)
	files := join(asked, records)
	if o.err != nil {
		return o.err
	}
	if len(files) == 0 {
		return r.fail(path, fmt.Errorf("granule %s has no files: filepaths, keys or files", id.Granule))
	}
	for i := range files {
		f := &files[i]
		if f.Target == "" {
			f.Target = override
		}
		f.Doc, f.Line = r.doc, r.line()
		if err := r.take(f); err != nil {
			return &takerError{err}
		}
	}
	return nil
}

// id returns what the granule is known by. Cumulus's collection id is made of
// dataType and version.
// https://nasa.github.io/cumulus/docs/configuration/data-management-types
func (o *object) id() ID {
	id := ID{Collection: o.text("collectionId"), Granule: o.text("granuleId")}
	if !o.given("granuleId") {
		id.Granule = o.text("id")
	}
	if id.Granule == "" {
		o.fail("granuleId", errors.New("the granule has no id"))
	}
	if kind := o.text("dataType"); kind != "" {
		made := kind + "___" + o.number("version")
		switch {
		case o.number("version") == "" && id.Collection == "":
			o.fail("version", errors.New("dataType needs a version beside it"))
		case id.Collection == "":
			id.Collection = made
		case o.number("version") != "" && id.Collection != made:
			o.fail("collectionId", fmt.Errorf("it is %q, and dataType and version make %q", id.Collection, made))
		}
	}
	return id
}

// asked are the files of filepaths and keys: what a request asks for.
func (o *object) asked(id ID) (all []File) {
	for i, raw := range o.list("filepaths") {
		key, err := strictjson.Text(raw)
		o.fail(fmt.Sprintf("filepaths[%d]", i), errors.Join(err, CheckKey(key)))
		all = append(all, File{ID: id, Key: key, Size: -1})
	}
	for i, raw := range o.list("keys") {
		e := o.element("keys", i, raw, "key")
		all = append(all, File{ID: id, Key: e.key("key"), Target: e.text("destBucket"), Size: -1})
		o.err = e.err
	}
	return all
}

// element returns one object of a list. A text stands for an object that has it
// under key.
func (o *object) element(list string, i int, raw json.RawMessage, key string) *object {
	e := &object{r: o.r, path: o.at(fmt.Sprintf("%s[%d]", list, i)), err: o.err}
	if len(raw) > 0 && raw[0] == '"' && key != "" {
		e.fields = map[string]json.RawMessage{key: raw}
		return e
	}
	fields, err := strictjson.Object(raw)
	if err != nil && e.err == nil {
		e.err = o.r.fail(e.path, err)
	}
	e.fields = fields
	return e
}

func (o *object) key(names ...string) string {
	key := o.one(names...)
	o.fail(names[0], CheckKey(key))
	return key
}

// records are the files of files: what a record or a catalog says of them.
func (o *object) records(id ID) (all []File) {
	for i, raw := range o.list("files") {
		e := o.element("files", i, raw, "")
		f := File{ID: id, Key: e.key("key", "keyPath"), Size: e.size("size", "sizeBytes"), Class: e.text("storageClass"), Version: e.version()}
		f.Bucket, f.Backup = e.one("bucket", "cumulusArchiveLocation"), e.text("orcaArchiveLocation")
		e.fail("checksum", f.SetChecksum(e.one("checksumType", "hashType"), e.one("checksum", "hash")))
		all = append(all, f)
		o.err = e.err
	}
	return all
}

// version is that of an object in a bucket with versions: S3's "null" is none.
func (o *object) version() string {
	if v := o.text("version"); v != "null" && v != "None" {
		return v
	}
	return ""
}

// join adds what the records say to what is asked for. A request asks for what
// it names and no more; a record without a request for all of its files.
func join(asked, records []File) []File {
	if len(asked) == 0 {
		return records
	}
	byKey := map[string]File{}
	for _, f := range records {
		byKey[f.Key] = f
	}
	for i, f := range asked {
		if r, ok := byKey[f.Key]; ok {
			r.Target = f.Target
			asked[i] = r
		}
	}
	return asked
}
