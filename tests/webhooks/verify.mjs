// Reads a JSON array of {secret, headers, body} and says of each whether the reference implementation accepts it.
import { Webhook } from "standardwebhooks";

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);

const verdicts = JSON.parse(Buffer.concat(chunks).toString("utf8")).map(({ secret, headers, body }) => {
  try {
    new Webhook(secret).verify(body, headers);
    return "accepted";
  } catch (error) {
    return error.message;
  }
});
console.log(JSON.stringify(verdicts));
