// Reads a JSON array of bodies of POST /v1/traces and says of each whether it is an ExportTraceServiceRequest as
// OpenTelemetry's protobuf definition has it: every member known, of the right type, nothing lost on the way there and back.
import { createRequire } from "node:module";
import { isDeepStrictEqual } from "node:util";

const require = createRequire(import.meta.url);
const root = require("./node_modules/@opentelemetry/otlp-transformer/build/src/generated/root.js");
const request = root.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);

const verdicts = JSON.parse(Buffer.concat(chunks).toString("utf8")).map((body) => {
  try {
    const sent = JSON.parse(body);
    const message = request.fromObject(sent);
    const fault = request.verify(message);
    if (fault) return fault;
    // Ids are hexadecimal in OTLP's JSON; read as base64 and written as such they stay the same text.
    const back = request.toObject(message, { bytes: String, longs: String, enums: Number, json: true });
    const plain = JSON.parse(JSON.stringify(back));
    return isDeepStrictEqual(plain, withoutEmpty(sent)) ? "accepted" : `came back as ${JSON.stringify(plain)}`;
  } catch (error) {
    return error.message;
  }
});
console.log(JSON.stringify(verdicts));

/** toObject leaves empty lists out. */
function withoutEmpty(value) {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, each]) => !(Array.isArray(each) && each.length === 0))
      .map(([key, each]) => [key, withoutEmpty(each)]),
  );
}
