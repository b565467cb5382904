// A webhook receiver that verifies the signature. No packages needed.
//
//   WEBHOOK_SECRET=whsec_... node receiver.mjs [port]
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const toleranceSeconds = 300;
const key = Buffer.from(process.env.WEBHOOK_SECRET.replace(/^whsec_/, ""), "base64");

// Standard Webhooks: HMAC-SHA256 over `id.timestamp.body`.
function verify(headers, body) {
  const timestamp = Number(headers["webhook-timestamp"]);
  if (!(Math.abs(Date.now() / 1000 - timestamp) <= toleranceSeconds)) return false;
  const signed = Buffer.concat([
    Buffer.from(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.`),
    body,
  ]);
  const expected = Buffer.from("v1," + createHmac("sha256", key).update(signed).digest("base64"));
  return (headers["webhook-signature"] ?? "").split(" ").some((given) => {
    const candidate = Buffer.from(given);
    return candidate.length === expected.length && timingSafeEqual(candidate, expected);
  });
}

const server = createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    const body = Buffer.concat(parts);
    const verified = verify(request.headers, body);
    response.writeHead(verified ? 204 : 401).end();
    console.log(
      JSON.stringify({
        verified,
        webhook_id: request.headers["webhook-id"],
        event_type: request.headers["webhook-event-type"],
        attempt: request.headers["webhook-attempt"],
        body: body.toString(),
      }),
    );
  });
});
server.listen(Number(process.argv[2] ?? 9000), "127.0.0.1", () =>
  console.log(`listening on http://127.0.0.1:${server.address().port}`),
);
