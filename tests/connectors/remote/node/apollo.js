// Acme's subgraph on Apollo Server: `node apollo.js PORT`.
import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";
import { schema } from "./acme.js";

const server = new ApolloServer({ schema });
await startStandaloneServer(server, {
  listen: { host: "127.0.0.1", port: Number(process.argv[2]) },
  context: async ({ req }) => ({ token: req.headers["x-courier-token"] }),
});
