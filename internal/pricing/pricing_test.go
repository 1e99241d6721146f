package pricing

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func amount(t *testing.T, tier Tier, what string) float64 {
	t.Helper()
	for _, l := range tier.Lines {
		if strings.HasPrefix(l.What, what) {
			if l.Amount == nil {
				t.Fatalf("%s has no amount", what)
			}
			return *l.Amount
		}
	}
	t.Fatalf("there is no line %q in %+v", what, tier.Lines)
	return 0
}

// TestPublishedExample reckons the example that AWS publishes: 15,000,000
// objects of 102,400 GB together from GLACIER.
// https://repost.aws/knowledge-center/s3-manage-data-retrieval
func TestPublishedExample(t *testing.T) {
	w := Work{Restores: []Objects{{"GLACIER", 15_000_000, 102_400 * GB}}}
	c := Default().Cost("us-east-1", w, Options{Now: noon})
	for tier, want := range map[string][3]float64{
		Standard:  {750, 1024, 1774},
		Expedited: {150_000, 3072, 153_072},
		Bulk:      {0, 0, 0},
	} {
		got := c.Tiers[tier]
		if amount(t, got, "restore requests") != want[0] || amount(t, got, "retrieval") != want[1] || *got.Total != want[2] {
			t.Errorf("%s: %+v", tier, got)
		}
	}
}

// TestLines: each kind of request has the price of what S3 bills it as, and the
// lines add up.
func TestLines(t *testing.T) {
	w := Work{
		Requests: []Requests{
			{"ListObjectsV2", "", 2_000_000}, {"HeadObject", "GLACIER", 1_000_000}, {"CopyObject", "", 1_000_000},
			{"UploadPartCopy", "STANDARD_IA", 1000}, {"CreateMultipartUpload", "STANDARD", 1000}, {"AbortMultipartUpload", "", 7},
			{"PutObject", "", 0}, {"GetObjectTagging", "", 1000},
		},
		Restores: []Objects{{"DEEP_ARCHIVE", 1000, 300 * GB}}, Days: 10, Jobs: 2, Handed: 3_000_000,
		Stored: []Objects{{"STANDARD", 1000, 300 * GB}},
	}
	c := Default().Cost("us-west-2", w, Options{Now: noon})
	got := c.Tiers[Standard]
	for what, want := range map[string]float64{
		"ListObjectsV2": 10, "HeadObject, GLACIER": 0.4, "CopyObject, STANDARD": 5, "UploadPartCopy, STANDARD_IA": 0.01,
		"CreateMultipartUpload": 0.005, "AbortMultipartUpload": 0, "GetObjectTagging": 0.0004,
		"restore requests": 0.1, "retrieval": 6, "temporary": 2.3, "S3 Batch Operations, jobs": 0.5, "S3 Batch Operations, objects": 3,
	} {
		if is := amount(t, got, what); is != want {
			t.Errorf("%s: %v, want %v", what, is, want)
		}
	}
	for name, tier := range c.Tiers {
		var sum float64
		for _, l := range tier.Lines {
			sum += *l.Amount
		}
		if tier.Total != nil && math.Abs(sum-*tier.Total) > 1e-9 {
			t.Errorf("%s: lines make %v, total %v", name, sum, *tier.Total)
		}
	}
	if e := c.Tiers[Expedited]; e.Total != nil || e.FirstArrival != nil || !strings.Contains(strings.Join(c.Notes, "\n"), "Expedited is not offered for DEEP_ARCHIVE") {
		t.Errorf("%+v %v", e, c.Notes)
	}
	if *c.Monthly.Total != 6.9 {
		t.Errorf("%+v", c.Monthly)
	}
}

// TestArrivals: the first arrival is that of the quickest class, the last that
// of the slowest, after the last request was sent.
func TestArrivals(t *testing.T) {
	w := Work{Restores: []Objects{{"GLACIER", 3_600_000, 1}, {"DEEP_ARCHIVE", 3_600_000, 1}}, Days: 1}
	c := Default().Cost("us-east-1", w, Options{Now: noon, Tiers: []string{Bulk, Standard}})
	for tier, want := range map[string][2]time.Duration{Standard: {3 * time.Hour, 14 * time.Hour}, Bulk: {5 * time.Hour, 50 * time.Hour}} {
		got := c.Tiers[tier]
		if got.FirstArrival.Sub(noon) != want[0] || got.LastArrival.Sub(noon) != want[1] {
			t.Errorf("%s: %v to %v", tier, got.FirstArrival, got.LastArrival)
		}
	}
	w.Batch = true
	if got := Default().Cost("us-east-1", w, Options{Now: noon}).Tiers[Standard]; got.FirstArrival.Sub(noon) != batchFirst {
		t.Errorf("%v", got.FirstArrival)
	}
}

// TestSaved: what is restored already is not in the total, and its price is
// said.
func TestSaved(t *testing.T) {
	w := Work{Restored: []Objects{{"GLACIER", 1000, 100 * GB}}, Days: 30}
	c := Default().Cost("us-east-1", w, Options{Now: noon, Tiers: []string{Standard}})
	if *c.Tiers[Standard].Total != 0 || c.Saved.Objects != 1000 || math.Abs(*c.Saved.Amount-(0.05+1+2.3)) > 1e-9 {
		t.Errorf("%+v", c)
	}
}

// TestUnknownRegion: no dollars, and a word.
func TestUnknownRegion(t *testing.T) {
	w := Work{Restores: []Objects{{"GLACIER", 10, GB}}, Requests: []Requests{{"CopyObject", "", 3}}}
	for _, region := range []string{"eu-moon-1", ""} {
		c := Default().Cost(region, w, Options{Now: noon})
		text, err := json.Marshal(c)
		if err != nil || c.Currency != nil || c.Tiers[Standard].Total != nil || c.Saved.Amount != nil || len(c.Notes) != 1 {
			t.Errorf("%s %v", text, err)
		}
		if len(c.Tiers[Standard].Lines) != 3 || c.Tiers[Standard].Lines[0].Quantity != 10 {
			t.Errorf("quantities are known all the same: %s", text)
		}
		var b strings.Builder
		if c.WriteText(&b); strings.Contains(b.String(), "$") || !strings.Contains(b.String(), "region") {
			t.Error(b.String())
		}
	}
}

// TestUnknownPrice: what has no price is named, and is not nothing.
func TestUnknownPrice(t *testing.T) {
	c := Default().Cost("us-east-1", Work{Requests: []Requests{{"CopyObject", "FSX_ONTAP", 1000}}}, Options{Name: "audit"})
	if *c.Tiers["audit"].Total != 0 || len(c.Notes) != 1 || !strings.Contains(c.Notes[0], "FSX_ONTAP") || c.Tiers["audit"].Lines[0].Amount != nil {
		t.Errorf("%+v", c)
	}
}

// TestComputeChecksum is the example of Amazon's page: a million objects of 2 MB
// (of which 2,000 GB are made there) by one job.
// https://aws.amazon.com/s3/pricing/
func TestComputeChecksum(t *testing.T) {
	c := Default().Cost("us-east-1", Work{Jobs: 1, Handed: 1e6, Checksum: 2000 * GB}, Options{Name: "audit"})
	if *c.Tiers["audit"].Total != 9.25 || len(c.Notes) != 0 || len(c.Tiers["audit"].Lines) != 3 {
		t.Errorf("%+v", c)
	}
}

func TestHeadsPerList(t *testing.T) {
	table := read(t, "p.csv", "date,region,currency,class,item,tier,price\n2026-01-02,x,USD,,list,,0.005\n2026-01-01,x,USD,STANDARD,head,,0.0005\n2026-01-01,y,USD,,list,,0.1\n")
	for region, want := range map[string]float64{"us-east-1": 12.5, "nowhere": 12.5} {
		if got := Default().HeadsPerList(region); got != want {
			t.Errorf("%s: %v", region, got)
		}
	}
	if got := table.HeadsPerList("x"); got != 10 || table.HeadsPerList("y") != 12.5 {
		t.Error(got)
	}
	if p, _ := table.Region("x"); p.Date != "2026-01-01" {
		t.Errorf("%+v: a table is as old as its oldest row", p)
	}
}

func read(t testing.TB, name, text string) *Table {
	t.Helper()
	table, err := Read(strings.NewReader(text), name)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestYAML(t *testing.T) {
	table := read(t, "p.YAML", "date: 2026-01-01\ncurrency: EUR\nregion: eu-x\nprices:\n- {item: list, price: 0.006}\n- {item: storage, class: STANDARD, price: 0.02, region: eu-y}\n")
	x, _ := table.Region("eu-x")
	y, _ := table.Region("eu-y")
	if p, ok := x.Of(List, "", ""); !ok || p != 0.006 || x.Currency != "EUR" || y == nil {
		t.Errorf("%+v %+v", x, y)
	}
	if got := Money(&[]float64{1234567.891}[0], "EUR"); got != "1,234,567.89 EUR" {
		t.Error(got)
	}
}

// TestRefused: a mistake is named with its line.
func TestRefused(t *testing.T) {
	header := "date,region,currency,class,item,tier,price\n"
	for text, want := range map[string]string{
		"": "empty", header: "there are none", "date,region\n": `no column "currency"`, header[:len(header)-1] + ",price\n": "each once",
		header + "2026-01-01,x,USD,,list,,0.005\n# c\n2026-01-01,x,USD,,list,,0.005\n": ":4: ",
		header + "2026-01-01,x,USD,,list,,-1\n":                                        ":2: ",
		header + "2026-01-01,x,USD,,list,,NaN\n":                                       "is none",
		header + "2026-01-01,x,USD,GLACIER,restore,Quick,1\n":                          "tier",
		header + "2026-01-01,x,USD,,restore,Bulk,1\n":                                  "class",
		header + "2026-01-01,x,USD,,lists,,1\n":                                        "item",
		header + "soon,x,USD,,list,,1\n":                                               "date",
		header + "2026-01-01,x|,USD,,list,,1\n":                                        "region",
		header + "2026-01-01,x,USD,,list,,1\n2026-01-01,x,EUR,,batch_job,,1\n":         "EUR",
		header + "2026-01-01,x,USD,,list\n":                                            "fields",
	} {
		if _, err := Read(strings.NewReader(text), "p.csv"); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "p.csv:") {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	for _, text := range []string{"", "prices: []", "prices: [{itme: list}]", "price: []", "date: 2026-01-01\nprices: [{item: list, item: head}]", "[]"} {
		if _, err := Read(strings.NewReader(text), "p.yml"); err == nil {
			t.Errorf("%q: no error", text)
		}
	}
}

func TestMoney(t *testing.T) {
	for amount, want := range map[float64]string{0: "$0.00", 0.004: "<$0.01", 1.234: "$1.23", 1234.5: "$1,234.50", 999: "$999.00", -2: "-$2.00"} {
		if got := Money(&amount, "USD"); got != want {
			t.Errorf("%v: %s, want %s", amount, got, want)
		}
	}
	if Money(nil, "USD") != "–" {
		t.Error("an unknown amount is shown as one")
	}
}

func TestText(t *testing.T) {
	w := Work{Restores: []Objects{{"GLACIER", 1000, 100 * GB}}, Days: 30, Stored: []Objects{{"STANDARD", 1000, 100 * GB}}}
	var b strings.Builder
	if err := Default().Cost("us-east-1", w, Options{Now: noon, Tiers: []string{Bulk, Standard}}).WriteText(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"cost in us-east-1, prices of 2026-11-25\n",
		"  total                                                     $3.35                $2.30\n",
		"  first arrival                              2026-11-25T15:00:00Z 2026-11-25T17:00:00Z\n",
		"  last arrival                               2026-11-25T17:00:01Z 2026-11-26T00:00:01Z\n",
		"  retrieval, GLACIER                                        $1.00                $0.00   100 GB\n", "each month         $2.30\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
	if !strings.Contains(b.String(), "            Standard                 Bulk\n") {
		t.Error("the tiers are not in order")
	}
}

// FuzzRead: whatever is read has no price that is none.
func FuzzRead(f *testing.F) {
	f.Add(embedded, true)
	f.Add("date: 2026-01-01\ncurrency: EUR\nregion: eu-x\nprices:\n- {item: list, price: 0.006}\n", false)
	f.Fuzz(func(t *testing.T, text string, csv bool) {
		name := "p.yaml"
		if csv {
			name = "p.csv"
		}
		table, err := Read(strings.NewReader(text), name)
		if err != nil {
			return
		}
		for _, region := range table.Regions() {
			c := table.Cost(region, Work{Restores: []Objects{{"GLACIER", 5, GB}}, Stored: []Objects{{"STANDARD", 1, 1}}}, Options{})
			if h := table.HeadsPerList(region); math.IsNaN(h) || h < 0 || c.Currency == nil {
				t.Errorf("%v %+v", h, c)
			}
		}
	})
}
