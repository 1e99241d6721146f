package config

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"reconcile/internal/reconcile"
	"reconcile/internal/restore"
)

// The commands that ask for restores, or plan it.
var (
	planning  = []string{"plan"}
	asking    = []string{"restore", "recover"}
	fromRows  = []string{"plan", "restore", "recover", "audit"}
	reckoning = []string{"plan", "restore", "recover"}
	waiting   = []string{"recover"}
	polling   = []string{"restore", "recover", "audit"}
)

func restoreParameters() []Parameter {
	return []Parameter{
		{Name: "days", Usual: true, Placeholder: "N", Category: categoryRestores, Kind: Number, Default: "5", Aliases: []string{"restore_expire_days"}, Only: reckoning,
			Usage: "How long restored copies stay readable. What is restored already and stays a day less is not asked for again.",
			set:   between(1, 10000, func(r *reading) *int { return &r.Restore.Days })},
		{Name: "tier", Usual: true, Category: categoryRestores, Kind: Choice, Choices: []string{reconcile.TierStandard, reconcile.TierBulk, reconcile.TierExpedited}, Default: reconcile.TierStandard, Only: reckoning,
			Usage: "Tier of the restores: how soon they arrive, at which price. S3 has no Expedited restores of DEEP_ARCHIVE.",
			set:   setTier},
		{Name: "upgrade-tier", Category: categoryRestores, Kind: Boolean, Only: reckoning,
			Usage: "Ask for the tier also where a slower restore is under way. S3 wants the days of the first request.",
			set:   flagValue(func(r *reading) *bool { return &r.Restore.Upgrade })},
		{Name: "via", Usual: true, Category: categoryRestores, Kind: Choice, Choices: []string{ViaDirect, ViaBatch, ViaAuto}, Default: ViaAuto, Only: reckoning,
			Usage: "How restores are asked for: direct, one by one; batch, by a job of S3 Batch Operations, whose Standard restores begin to arrive within minutes, and which needs --account, --role and --results; auto, by a job where these are given, there are 1000 objects or more, and the job's fees are no more than a tenth of what the restores cost.",
			set:   oneOf(func(r *reading) *string { return &r.Via })},
		{Name: "rate", Placeholder: "N", Category: categoryRestores, Kind: Number, Default: strconv.Itoa(restore.MaxRate), Only: reckoning,
			Usage: "Restore requests a second, at most: S3 takes 1000 of an account in a region.",
			set:   requestRate},
		{Name: "max-bytes", Usual: true, Placeholder: "SIZE", Category: categoryRestores, Kind: Size, Only: reckoning,
			Usage: "Ask for no more than this: bytes, or 500GB, 2TiB. What is left is not_restored, with the kind budget.",
			set:   parsed(func(r *reading) *int64 { return &r.Restore.Budget.Bytes }, aboveZero)},
		{Name: "max-cost", Usual: true, Placeholder: "AMOUNT", Category: categoryRestores, Only: reckoning,
			Usage: "Ask for no more than this, in the currency of the prices: requests, retrieval, the fee of a job, and the restored copies for as long as they stay. What is left is not_restored, with the kind budget.",
			set:   parsed(func(r *reading) *float64 { return &r.Restore.Budget.Cost }, parseAmount)},
		{Name: "prices", Placeholder: "FILE", Category: categoryRestores, Files: true, Only: reckoning,
			Usage: "Prices in place of the program's own table: CSV or YAML.",
			set:   filled(func(r *reading) *string { return &r.Prices })},
		{Name: "yes", Usual: true, Category: categoryRestores, Kind: Boolean, NotInFile: true, Only: asking,
			Usage: "Go on without being asked whether the cost is agreed to.",
			set:   flagValue(func(r *reading) *bool { return &r.Yes })},
		{Name: "from", Placeholder: "REPORT", Category: categoryRestores, Files: true, NotInFile: true, Only: fromRows,
			Usage: "Look only at rows of this report, JSON or CSV: those with one of --status.",
			set:   filled(func(r *reading) *string { return &r.From })},
		{Name: "status", Placeholder: "STATUS,…", Category: categoryRestores, Kind: Boolean, NotInFile: true, Only: fromRows,
			Usage: "With --from, the statuses of its rows that are meant: missing,differs. Without, restore asks for nothing and shows where everything is. An audit takes orphan and misplaced too.",
			set:   setStatus},
		{Name: "max-bytes-out", Placeholder: "SIZE", Category: categoryRestores, Kind: Size, Only: waiting,
			Usage: "Bytes that may lie restored, or be on the way, and not be copied; the rest is asked for as they are copied.",
			set:   parsed(func(r *reading) *int64 { return &r.MaxOut }, aboveZero)},
		{Name: "poll-interval", Placeholder: "DURATION", Category: categoryRestores, Kind: Duration, Default: "automatic", Only: polling,
			Usage: "Time between two looks at what is restored, or at jobs that are waited for. Otherwise the first is when the tier can have delivered, of jobs after half a minute, and the others are ever further apart.",
			set:   pollInterval},
		{Name: "give-up-after", Placeholder: "DURATION", Category: categoryRestores, Kind: Duration, Only: waiting,
			Usage: "Wait no longer than this for restores; what has not arrived by then is reported as restoring.",
			set:   span(func(r *reading) *time.Duration { return &r.GiveUp })},
		{Name: "events", Placeholder: "SQS-URL", Category: categoryRestores, Only: waiting,
			Usage: "Queue that S3's ObjectRestore events come to, by notification or EventBridge: what has arrived is taken from there, and the source is listed only now and then.",
			set:   filled(func(r *reading) *string { return &r.Events })},
		{Name: "report-every", Placeholder: "DURATION", Category: categoryReport, Kind: Duration, Only: waiting,
			Usage: "Write a report of how far the recovery is each time this has passed, to every --report but stdout. It says that it is not complete; the last one replaces it.",
			set:   span(func(r *reading) *time.Duration { return &r.ReportEvery })},
	}
}

// checkPlanOf refuses flags that say nothing of the command that is planned.
func (r *reading) checkPlanOf() error {
	for _, name := range []string{"verify", "fraction"} {
		if from := r.from[name]; r.PlanOf != "audit" && strings.HasPrefix(from, "flag ") {
			return wrap(from, mistake(fmt.Errorf("%s is no audit", r.PlanOf), "give --command audit"))
		}
	}
	if r.PlanOf == "restore" || r.PlanOf == "recover" {
		return nil
	}
	for _, name := range []string{"days", "tier", "via", "upgrade-tier", "rate", "max-bytes", "max-cost"} {
		if from := r.from[name]; strings.HasPrefix(from, "flag ") {
			return wrap(from, mistake(fmt.Errorf("%s asks for no restores", r.PlanOf), "give --command restore or recover"))
		}
	}
	return nil
}

// setTier notes whether somebody has chosen the tier: else a request may.
func setTier(r *reading, g given) error {
	r.Restore.Tier, r.TierGiven = g.text(), !strings.HasPrefix(g.from, "default ")
	return nil
}

// setStatus takes statuses, or a switch.
func setStatus(r *reading, g given) error {
	if on, err := parseBool(g.text()); err == nil {
		r.Show = on
		return nil
	}
	for word := range strings.SplitSeq(g.text(), ",") {
		s := reconcile.Status(strings.TrimSpace(word))
		if !s.Valid() {
			return g.wrong(fmt.Errorf("there is no status %q", word))
		}
		r.Rows = append(r.Rows, s)
	}
	return nil
}

// pollInterval takes a duration, or the words of the default.
func pollInterval(r *reading, g given) error {
	if g.text() == "automatic" {
		return nil
	}
	return parsed(func(r *reading) *time.Duration { return &r.Poll }, positiveDuration)(r, g)
}

func positiveDuration(s string) (time.Duration, error) {
	d, err := parseDuration(s)
	if err == nil && d == 0 {
		err = fmt.Errorf("%q is too short", s)
	}
	return d, err
}

func requestRate(r *reading, g given) error {
	n := 0
	err := between(1, restore.MaxRate, func(*reading) *int { return &n })(r, g)
	r.Restore.Rate = float64(n)
	return err
}

func aboveZero(s string) (int64, error) {
	n, err := parseSize(s)
	if err == nil && n == 0 {
		err = fmt.Errorf("%q is nothing", s)
	}
	return n, err
}

// parseAmount takes an amount of money, without its currency.
func parseAmount(s string) (float64, error) {
	x, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(x) || math.IsInf(x, 0) || x <= 0 {
		return 0, fmt.Errorf("%q is no amount: give a number above 0, as in 120 or 99.50", s)
	}
	return x, nil
}

// checkRestore holds what is asked for against what S3 offers, and wants prices
// that can be read.
func (r *reading) checkRestore() error {
	if !slices.Contains(reckoning, r.Command) {
		return nil
	}
	if err := r.Restore.Check(); err != nil {
		return err
	}
	if r.Command == "plan" {
		if err := r.checkPlanOf(); err != nil {
			return err
		}
	}
	if r.Prices == "" {
		return nil
	}
	return r.wrong("prices", readable(r.Prices))
}

// checkFrom wants the statuses of the rows that are meant, and a report for them.
func (r *reading) checkFrom() error {
	switch {
	case r.From != "" && (len(r.Rows) == 0 || r.Show):
		return mistake(errors.New("--from needs the statuses that are meant"), "give --status missing,differs")
	case r.From == "" && len(r.Rows) > 0:
		return r.wrong("status", errors.New("statuses are those of a report: give it with --from"))
	case r.Show && r.Command != "restore":
		return r.wrong("status", errors.New("only restore shows where everything is"))
	}
	return nil
}
