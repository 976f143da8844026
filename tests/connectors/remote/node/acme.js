// Acme's data and resolvers, shared by both JavaScript servers: who asks is told by the token alone.
import { readFileSync } from "node:fs";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { GraphQLError, parse } from "graphql";

const couriers = JSON.parse(readFileSync(new URL("../couriers.json", import.meta.url), "utf8"));
const typeDefs = parse(readFileSync(new URL("../subgraph.graphql", import.meta.url), "utf8"));
const DAY = 86_400_000;

function courier(token) {
  const found = couriers[token ?? ""];
  if (found === undefined) {
    throw new GraphQLError("This token is not ours.", { extensions: { code: "UNAUTHENTICATED" } });
  }
  return found;
}

function engagement(delivery, index) {
  const start = new Date(Math.floor(Date.now() / DAY) * DAY - (index + 1) * DAY);
  const end = new Date(start.getTime() + delivery.hours * 3_600_000);
  return {
    ref: delivery.id,
    kind: "DELIVERY",
    status: delivery.done ? "COMPLETED" : "CANCELLED",
    cancelledBy: delivery.done ? null : "CLIENT",
    period: { start: start.toISOString(), end: end.toISOString(), precision: "INSTANT" },
    duration: { seconds: delivery.hours * 3600, basis: "TRACKED" },
    distance: { native: delivery.kilometers, nativeUnit: "km" },
    earnings: delivery.done
      ? [{ kind: "BASE", amount: (delivery.cents / 100).toFixed(2), currency: "EUR", sourceCode: "pay" }]
      : [],
  };
}

function page(all, { first = 20, after, since }) {
  const known = since ? all.filter((each) => each.period.start >= new Date(since).toISOString()) : all;
  const from = after ? known.findIndex((each) => each.ref === after) + 1 : 0;
  const nodes = known.slice(from, from + first);
  return {
    edges: nodes.map((node) => ({ cursor: node.ref, node })),
    pageInfo: {
      hasNextPage: from + first < known.length,
      hasPreviousPage: from > 0,
      startCursor: nodes[0]?.ref ?? null,
      endCursor: nodes.at(-1)?.ref ?? null,
    },
    totalCount: known.length,
  };
}

const resolvers = {
  AcmeAccount: {
    __resolveReference: ({ id }, { token }) => ({ id, courier: courier(token) }),
    profile: (account) => account.courier.profile,
    bikes: (account) => account.courier.bikes,
    ratings: (account) => account.courier.ratings,
    engagements: (account, options) => page(account.courier.deliveries.map(engagement), options),
  },
};

export const schema = buildSubgraphSchema([{ typeDefs, resolvers }]);
