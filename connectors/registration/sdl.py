"""Registration in GraphQL: the SDL that the directory adds to its own."""

from __future__ import annotations

from typing import Final

REGISTRATION_SDL: Final = '''
extend type Query {
  """Versions of a platform's connector, newest first; without `platform`, an operator sees those that wait."""
  connectorVersions(platform: String): [ConnectorVersion!]!
  connectorVersion(id: ID!): ConnectorVersion
}

type Mutation {
  """Check a connector without submitting it: SDL, mappings, composition with what is live, what it would break.
  For clients of any platform and of operators; a process checks one text at a time (`CHECKS_BUSY`: try again)."""
  checkConnector(sdl: String!, samples: [ConnectorSample!]! = []): ConnectorCheck!
  """Submit a version of one's own platform's connector."""
  submitConnector(sdl: String!): ConnectorStep!
  """Run the conformance checks of a version; in the platform's own sandbox unless Gigway's simulates it."""
  testConnector(id: ID!, sandbox: ConnectorSandbox): ConnectorStep!
  """Make a tested version live. The answer waits a little until every process has loaded it; see `loading`."""
  approveConnector(id: ID!): ConnectorStep!
  rejectConnector(id: ID!, reason: String!): ConnectorStep!
  """Make a version live again that was live before."""
  rollBackConnector(id: ID!): ConnectorStep!
  """Let nobody read a platform from now on. The answer waits until nobody does."""
  suspendConnector(platform: String!, reason: String!): ConnectorSuspension!
  resumeConnector(platform: String!): ConnectorStep!
}

input ConnectorSample { connect: String! body: String! }

"""A platform's own sandbox: where it answers, and an account in it. The run may end with the token revoked."""
input ConnectorSandbox { url: String! accessToken: String! refreshToken: String }

"""Something to put right; `line` and `column` are places in the SDL."""
type ConnectorProblem { code: String! message: String! line: Int column: Int }

"""A change of the schema; `uses` counts the operations of the last 30 days that asked for it."""
type ConnectorSchemaChange { description: String! uses: Int! lastUsedOn: String }

"""What mappings make of a sample: JSON text, what they missed, and what does not fit the types (TYPE_MISMATCH)."""
type ConnectorMapped { connect: String! value: String problems: [ConnectorProblem!]! }

type ConnectorCheck {
  ok: Boolean!
  platform: String
  version: String
  problems: [ConnectorProblem!]!
  breaking: [ConnectorSchemaChange!]!
  dangerous: [ConnectorSchemaChange!]!
  samples: [ConnectorMapped!]!
}

"""How a step went; `version` is what it was about, as it stands now."""
type ConnectorStep {
  ok: Boolean!
  problems: [ConnectorProblem!]!
  version: ConnectorVersion
  breaking: [ConnectorSchemaChange!]!
  dangerous: [ConnectorSchemaChange!]!
}

enum ConnectorStopping { CONFIRMED STOPPING }

type ConnectorSuspension { ok: Boolean! problems: [ConnectorProblem!]! status: ConnectorStopping }

"""APPROVED: to be live, and not yet loaded by every process that answers (`loading`)."""
enum ConnectorStatus { SUBMITTED TESTED FAILED REJECTED APPROVED LIVE RETIRED }

"""LOST: its process ended before the report was written; run the checks again."""
enum ConnectorRunState { RUNNING LOST }

"""How many of the processes that answer have loaded a version. One that is silent counts until it is proven dead."""
type ConnectorLoading { loaded: Int! processes: Int! }

type ConnectorVersion {
  id: ID!
  platform: String!
  version: String!
  status: ConnectorStatus!
  """Whether its conformance checks are being run."""
  testing: Boolean!
  """How the conformance run that was begun last stands; null when none was, or when its report is there."""
  run: ConnectorRunState
  """For an approved or live version: how far it has come."""
  loading: ConnectorLoading
  """For a live version: whether every process that answers has loaded it."""
  loadedEverywhere: Boolean
  sdl: String!
  sha256: String!
  submittedBy: String!
  submittedAt: DateTime!
  """The conformance run, a line each."""
  report: [String!]
  history: [ConnectorEvent!]!
}

type ConnectorEvent { action: String! by: String! note: String at: DateTime! }

"""How a platform has answered in the last hour, over all processes. Rates are shares of requests, 0 to 1."""
type PlatformHealth {
  since: DateTime!
  requests: Int!
  failed: Int!
  throttled: Int!
  retried: Int!
  slow: Int!
  errorRate: Float
  throttleRate: Float
  meanSeconds: Float
  breaker: PlatformBreaker!
  """Places where answers did not fit the mapping."""
  drifts: Int!
}

enum PlatformBreaker { CLOSED HALF_OPEN OPEN }

"""A place where answers do not fit the mapping, told by names and types only."""
type PlatformDrift {
  endpoint: String!
  code: String!
  path: String!
  message: String!
  count: Int!
  firstSeen: DateTime!
  lastSeen: DateTime!
}
'''

ROOT_FIELDS: Final = frozenset(
    {
        "connectorVersions", "connectorVersion", "checkConnector", "submitConnector", "testConnector",
        "approveConnector", "rejectConnector", "rollBackConnector", "suspendConnector", "resumeConnector",
    }
)  # fmt: skip
