// Acme's subgraph on GraphQL Yoga: `node yoga.js PORT`.
import { createServer } from "node:http";
import { createYoga } from "graphql-yoga";
import { schema } from "./acme.js";

const yoga = createYoga({
  schema,
  logging: false,
  context: ({ request }) => ({ token: request.headers.get("x-courier-token") }),
});
createServer(yoga).listen(Number(process.argv[2]), "127.0.0.1");
