// Validates a state machine and executes it. What its tasks call answers at a
// URL: the test's, which stands for ECS, Lambda and S3.
//
//     node run.mjs DEFINITION.json URL EXECUTION
//
// The interpreter does not know Distributed Maps: each is turned into a task
// whose parameters are those of its reader and writer, and done here as the
// documentation of ItemReader, ItemBatcher and ResultWriter has it, with every
// child execution by the interpreter.
import { readFileSync } from "node:fs";
import validator from "asl-validator";
import { StateMachine } from "aws-local-stepfunctions";

// The interpreter wants Node 22 for this alone.
Promise.withResolvers ??= function () {
  const all = {};
  all.promise = new Promise((resolve, reject) => Object.assign(all, { resolve, reject }));
  return all;
};

const [file, url, execution] = process.argv.slice(2);
const definition = JSON.parse(readFileSync(file, "utf8"));

const { isValid, errorsText } = validator(definition, { checkPaths: true, checkArn: true });
if (!isValid) {
  console.error(errorsText("\n"));
  process.exit(1);
}

class Failure extends Error {
  constructor(error, cause) {
    super(cause);
    this.name = error;
  }
}

const calls = [];

async function call(resource, input) {
  const answer = await fetch(url, { method: "POST", body: JSON.stringify({ resource, input }) });
  const { output, error, cause } = await answer.json();
  calls.push({ resource, input, error });
  if (error) throw new Failure(error, cause);
  return output;
}

// A machine for the interpreter, with handlers and no pauses.
function prepare(machine) {
  const handlers = {};
  const pauses = {};
  const visit = ({ States }) => {
    for (const [name, state] of Object.entries(States)) {
      pauses[name] = 0;
      if (state.Type === "Parallel") state.Branches.forEach(visit);
      if (state.Type === "Task") handlers[name] = (input) => call(state.Resource, input);
      if (state.Type === "Map") {
        if (state.ItemProcessor.ProcessorConfig?.Mode !== "DISTRIBUTED") throw new Error(`${name} is no Distributed Map`);
        const map = structuredClone(state);
        for (const field of ["ItemReader", "ItemBatcher", "ItemProcessor", "ResultWriter", "MaxConcurrency", "ToleratedFailurePercentage", "Label"])
          delete state[field];
        Object.assign(state, {
          Type: "Task",
          Resource: "map",
          Parameters: { reader: map.ItemReader.Parameters, writer: map.ResultWriter.Parameters },
        });
        handlers[name] = (places) => distribute(name, map, places);
      }
    }
  };
  visit(machine);
  return (input, name) =>
    new StateMachine(machine, { validationOptions: { noValidate: true } }).run(input, {
      overrides: { taskResourceLocalHandlers: handlers, retryIntervalOverrides: pauses },
      context: { Execution: { Name: name, Input: input } },
    }).result;
}

async function distribute(name, map, { reader, writer }) {
  if (map.ItemReader.Resource !== "arn:aws:states:::s3:getObject" || map.ItemReader.ReaderConfig.InputType !== "JSONL")
    throw new Error(`${name}: another reader`);
  const { Body } = await call("arn:aws:states:::aws-sdk:s3:getObject", reader);
  const items = Body.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));

  const batches = [[]];
  for (const item of items) {
    const last = batches.at(-1);
    const longer = JSON.stringify({ Items: [...last, item] }).length;
    if (last.length === map.ItemBatcher.MaxItemsPerBatch || (last.length && longer > map.ItemBatcher.MaxInputBytesPerBatch)) batches.push([item]);
    else last.push(item);
  }

  const ended = { SUCCEEDED: [], FAILED: [] };
  for (const [n, Items] of batches.entries()) {
    const input = { Items };
    const one = {
      ExecutionArn: `arn:aws:states:us-west-2:111122223333:execution:backfill/${map.Label}:${n}`,
      Input: JSON.stringify(input),
      InputDetails: { Included: true },
      Name: String(n),
      StartDate: "2026-06-17T18:54:06.000Z",
      StopDate: "2026-06-17T18:54:07.000Z",
    };
    try {
      const output = JSON.stringify(await prepare(structuredClone(map.ItemProcessor))(input, one.Name));
      // https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
      if (output.length > 262144) throw new Failure("States.DataLimitExceeded", "the output is too long");
      ended.SUCCEEDED.push({ ...one, Output: output, OutputDetails: { Included: true }, Status: "SUCCEEDED" });
    } catch (failed) {
      const { name: Error, message: Cause } = failed.cause ?? failed;
      ended.FAILED.push({ ...one, Error, Cause, Status: "FAILED" });
    }
  }
  const failed = ended.FAILED.flatMap((e) => JSON.parse(e.Input).Items).length;
  if (failed * 100 > items.length * (map.ToleratedFailurePercentage ?? 0))
    throw new Failure("States.ExceedToleratedFailureThreshold", `${failed} of ${items.length} items failed`);

  const prefix = `${writer.Prefix}/8e4dbbe8-1d1b-4b2d-a3e8-map`;
  const put = (key, value) => call("putObject", { Bucket: writer.Bucket, Key: key, Body: JSON.stringify(value) });
  const ResultFiles = { SUCCEEDED: [], FAILED: [], PENDING: [] };
  for (const [status, executions] of Object.entries(ended)) {
    if (!executions.length) continue;
    const Key = `${prefix}/${status}_0.json`;
    await put(Key, executions);
    ResultFiles[status].push({ Key, Size: JSON.stringify(executions).length });
  }
  const MapRunArn = "arn:aws:states:us-west-2:111122223333:mapRun:backfill/map:1";
  await put(`${prefix}/manifest.json`, { DestinationBucket: writer.Bucket, MapRunArn, ResultFiles });
  return { MapRunArn, ResultWriterDetails: { Bucket: writer.Bucket, Key: `${prefix}/manifest.json` } };
}

let result;
try {
  result = { status: "SUCCEEDED", output: await prepare(structuredClone(definition))({}, execution) };
} catch (failed) {
  const { name, message } = failed.cause ?? failed;
  result = { status: "FAILED", error: name, cause: message };
}
console.log(JSON.stringify({ ...result, calls }));
