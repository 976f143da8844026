"""The demo: the whole story, over real HTTP between separate processes, each step checked.

`stage` prepares a fresh database and starts the sandbox and the gateway as processes of their own (`processes`);
`browser` is the worker's browser, `actor` the matching actor's client; `story` plays the steps with them;
`show` prints. Nothing here is used by the gateway.
"""
