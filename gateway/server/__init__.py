"""The HTTP server: everything that meets the outside, and the one place where objects are wired together.

In reading order:

* `app`: the composition root, which puts together the parts that `wiring` makes;
* `serving`: the socket, bounded request heads, the end of the process;
* `entrance`: the application, with a short way to the endpoint beside Starlette's;
* `graphql`: the endpoint. `http_request` reads what is asked, `authenticate` turns a token into a `session`,
  `documents` finds the document that an id stands for, `execution` is the way to the engine, `attendance` ends requests
  that nobody waits for any more, `http_response` writes the answer, `cors` says which pages may read it; `streams`
  delivers answers in parts, for as long as `liveness` gives the token time;
* `telemetry`: what is measured where, into `metrics` (Prometheus) and `tracing` (OpenTelemetry, sent by `otlp`);
* `graphiql`: the explorer, from local files; `health`, `audit`: what others may look at;
* `errors`: pages and JSON for what goes wrong; `logging`.
"""
