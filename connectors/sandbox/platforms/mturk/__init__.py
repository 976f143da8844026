"""Amazon Mechanical Turk: the requester's API, and the JSON of the worker's own site.

    signature    checks AWS Signature Version 4
    workers      the personas as workers: assignments, approvals, bonuses, qualifications
    requester    `POST /` with `X-Amz-Target`: what one requester may attest about its workers
    worker_site  what a signed-in worker can save: `/dashboard`, `/status_details/{date}`, `/tasks`
    site_documents   the documents behind it
    platform     the two platforms

Documented: operations, field names, epoch seconds, money as strings, `NextToken` and `MaxResults`, SigV4.
Observed: the worker site's JSON, twenty rows a page, 45 days; it says `X-Sandbox-Fidelity: OBSERVED`.
Chosen here: the error codes of faults, that at most 100 results come at once, the sign-in page of the worker site,
and that it is `/signin` where a request without a session is sent.
"""

from connectors.sandbox.platforms.mturk.platform import build_requester, build_site

__all__ = ["build_requester", "build_site"]
