"use strict";

// A token in the fragment never reaches the server's log; it is taken out of the address at once.
const fragment = new URLSearchParams(window.location.hash.slice(1));
const token = fragment.get("token");
const worker = fragment.get("worker") || "PASTE-A-WORKER-ID";
if (window.location.hash) window.history.replaceState(null, "", window.location.pathname);

const headers = token ? JSON.stringify({ Authorization: `Bearer ${token}` }, null, 2) : "";

const samples = [
  `# Who am I, and for what purpose?
query WhoAmI {
  viewer {
    kind
    actor { tradingName }
    purpose
    scopes
  }
}`,
  `# A worker's gigs, live from each platform, as far as the worker has granted them.
query Gigs {
  worker(id: "${worker}") {
    id
    accounts {
      __typename
      platform { displayName fidelity simulated }
      engagements(first: 3) {
        totalCount
        edges { node { kind title status period { start end } place { city } } }
        provenance { fidelity simulated fetchedAt coverage { complete reason } }
      }
      ratings { scheme { name min max } value normalized sampleSize }
    }
  }
}`,
  `# What those gigs show, and where they could lead.
query Skills {
  worker(id: "${worker}") {
    skills {
      skill { label }
      proficiency
      low
      high
      explanation
    }
    opportunities(first: 3) {
      edges { node { opportunity { title pay { min max currency per } } score explanation } }
    }
  }
}`,
  `# Public: no token needed.
query Public {
  platforms { displayName fidelity simulated categories }
  opportunities(first: 5) { edges { node { title organization requiredSkills { label } } } }
}`,
];

async function fetcher(parameters, options) {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      Accept: "application/graphql-response+json, application/json",
      ...(options && options.headers),
    },
    body: JSON.stringify(parameters),
    credentials: "omit",
  });
  return response.json();
}

ReactDOM.render(
  React.createElement(GraphiQL, {
    fetcher,
    defaultTabs: samples.map((query) => ({ query, headers })),
    headers,
    defaultHeaders: headers,
    shouldPersistHeaders: false,
    storage: { getItem: () => null, setItem: () => {}, removeItem: () => {}, clear: () => {}, length: 0 },
    defaultEditorToolsVisibility: "headers",
  }),
  document.getElementById("graphiql"),
);
