package event

import (
	"time"

	"reconcile/internal/reconcile"
)

// Protocol is the language that the answer has to be in.
type Protocol string

// The protocols. Of nested messages the outermost one counts: that is who
// waits for the answer.
const (
	Notification Protocol = "notification" // S3 itself
	EventBridge  Protocol = "eventbridge"
	SQS          Protocol = "sqs"
	SNS          Protocol = "sns"
	Batch        Protocol = "batch" // S3 Batch Operations
	Map          Protocol = "map"   // Step Functions Distributed Map
	Schedule     Protocol = "schedule"
	Objects      Protocol = "objects" // a plain list
)

// Event is a decoded payload.
type Event struct {
	Protocol Protocol
	// Items are the things to answer, in the order of the payload. Whatever
	// was in the payload and should have named an object is one of them.
	Items []Item
	// Run is set when the event asks for a whole run; there are no Items then.
	Run *Run
	// Arguments are what the sender gave for all items together: the job's
	// userArguments (S3 Batch, schema 2.0) or BatchInput (Step Functions).
	Arguments map[string]any

	schemaVersion string // of S3 Batch, sent back
	invocationID  string // of S3 Batch, sent back
}

// Run is the wish for a whole run.
type Run struct {
	// Options are named as the keys of the config file, the values as JSON has
	// them (numbers as json.Number). They are not checked here. Empty: run as
	// configured.
	Options map[string]any
}

// Item is one thing that gets exactly one answer. It names an object, or it is
// Ignored, or it is Malformed.
type Item struct {
	// Location is the object. Of an item that names none it holds as much as
	// could be read, for the answer's row.
	Location reconcile.Location
	// Alternate is the key as it reads when decoded in the other way that the
	// source may have meant, empty where there is only one reading. Look at
	// Location first, and at Alternate where no such object exists: the key
	// S3 sent names one that does.
	Alternate string
	Ignored   string // why the item asks for nothing; empty: it asks
	Told      Told   // what S3 says has happened to a restore; empty: nothing
	Malformed error  // why the item cannot be understood
	Hint      Hint

	id string // SQS: the message's, S3 Batch: the task's
}

// Told is what S3 says has happened to a restore.
type Told string

// What is told.
const (
	Asked   Told = "asked"   // Post, Initiated: somebody has asked for it
	Arrived Told = "arrived" // Completed: there is a readable copy
	Lapsed  Told = "lapsed"  // Delete, Expired: the readable copy is gone
)

// told are the names of S3's events of restores, in notifications and in
// EventBridge.
var told = map[string]Told{
	"ObjectRestore:Post": Asked, "ObjectRestore:Completed": Arrived, "ObjectRestore:Delete": Lapsed,
	"Object Restore Initiated": Asked, "Object Restore Completed": Arrived, "Object Restore Expired": Lapsed,
}

// Named reports whether the item names an object, so that an outcome is due.
func (i Item) Named() bool { return i.Ignored == "" && i.Malformed == nil }

// Hint is what the event says of the object besides its name. It was true when
// the event was sent, which says nothing of now: fit for a log line or a guess,
// not for a decision.
type Hint struct {
	Size   int64              // bytes; 0: none given, or empty
	ETag   string             // without quotes
	Expiry time.Time          // when the restored copy goes away; zero: not given
	Target reconcile.Location // where a manifest's row says the object belongs
}

// Named is an object and the indexes of the Items that name it.
type Named struct {
	Location  reconcile.Location
	Alternate string
	Items     []int
}

// Objects returns the objects that the event names, each once, in the order of
// their first item. Post and Completed of one object often share a batch, and
// SQS delivers twice now and then; two copies of one object at the same time
// would only get in each other's way.
func (e Event) Objects() []Named {
	type name struct {
		location  reconcile.Location
		alternate string
	}
	var all []Named
	index := map[name]int{}
	for i, item := range e.Items {
		if !item.Named() {
			continue
		}
		n := name{item.Location, item.Alternate}
		at, known := index[n]
		if !known {
			at = len(all)
			index[n] = at
			all = append(all, Named{Location: item.Location, Alternate: item.Alternate})
		}
		all[at].Items = append(all[at].Items, i)
	}
	return all
}
