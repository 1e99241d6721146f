#!/bin/sh
# A backfill by S3 Batch Operations, in four steps:
#
#     ./backfill.sh plan      what is to be copied, by size class, below $PLANS
#     ./backfill.sh submit    a job per class; each waits to be confirmed
#     ./backfill.sh status    one line a job; once all are Complete or Failed:
#     ./backfill.sh merge     one report of all objects
#
# The names come from the environment. "status" wants the AWS CLI, nothing else
# does.
set -eu

: "${RECONCILE_SOURCE:?the glacier bucket}"
: "${RECONCILE_PROTECTED:?the archive bucket for data files}"
: "${PLANS:?where the plan goes, as in s3://my-reports/backfill/2026-06}"
: "${ACCOUNT:?the account of the jobs, twelve digits}"
: "${FUNCTION_ARN:?the Lambda function}"
: "${ROLE_ARN:?the role of the jobs, see role.json and trust.json}"
export RECONCILE_SOURCE RECONCILE_PROTECTED

# What submit has printed, for status: a line of JSON a job.
JOBS=${JOBS:-jobs.jsonl}

plan() {
	# Exit code 3 is a whole plan of a source with objects that differ or have
	# no archive bucket: planned.csv names them, the others can be copied.
	reconcile plan --manifest "$PLANS" --report planned.csv || [ $? -eq 3 ]
}

submit() {
	# Kept even if a later class is refused: the jobs before it exist. Doing it
	# again creates none twice.
	reconcile submit --plan "$PLANS/plan.json" --account "$ACCOUNT" \
		--function "$FUNCTION_ARN" --role "$ROLE_ARN" --results "$PLANS/results" >"$JOBS"
	cat "$JOBS"
}

status() {
	sed 's/.*"job_id":"\([^"]*\)".*/\1/' "$JOBS" | while read -r id; do
		aws s3control describe-job --account-id "$ACCOUNT" --job-id "$id" \
			--query 'Job.[JobId,Status,ProgressSummary]' --output json
	done
}

merge() {
	# Objects above 128 GiB have no job: "reconcile run" with the same settings
	# copies them, and with --report "$PLANS/results/run.json" and
	# --report-rows all its report is joined, too.
	reconcile merge --plan "$PLANS/plan.json" --results "$PLANS/results" \
		--report merged.json --report merged.csv
}

case ${1:-} in
plan | submit | status | merge) "$1" ;;
*)
	echo "usage: $0 plan|submit|status|merge" >&2
	exit 2
	;;
esac
