"""How workers sign in, and how their browser is known afterwards.

In: a browser's request. Out: a worker's id, how and when they proved who they are.

* `models`    credentials, sessions, attempts
* `settings`  issuer, cookie names and lifetimes
* `sessions`  server-side sessions: start, recognize, end
* `forms`     protection of forms against other sites (CSRF), signed in or not
* `throttle`  how often one may try
* `passwords` passwords (argon2id)
* `passkeys`  passkeys (WebAuthn); `totp` one-time codes beside a password
* `oidc`      external OpenID providers
* `states`    what is remembered between two requests of one sign-in
* `housekeeping` throws away what is over
* `demo`      picking a demo worker; exists on a loopback issuer only

Another way to sign in needs nothing from these but `Sessions.start(worker_id, amr=…)`.
"""
