"""The worker's pages: sign in, answer a request, see and end what was granted, read the access log.

In: a browser's request. Out: HTML that works without JavaScript; nothing here changes anything on GET.

* `services`      what the pages need, passed in
* `wording`       the vocabulary in plain words, dates and durations as people say them
* `rendering`     Jinja2, languages, security headers
* `guard`         who is signed in; which posted forms count
* `sign_in`       sign in and out; `other_ways` passkeys and providers; `sign_up` making an account
* `consent_page`  an actor's request, item by item; `preview` what of one's own data it would show
* `home`          what is granted, linked and handed out; ending it; `history` the versions of a consent
* `skills_page`   skills, openings and the way to a goal; `skills` asks for them and reads the answer
* `requests_page` what waits for an answer; who is blocked
* `log_page`      who read what, why and when; `log_query` what of it, `log_export` as a file
* `security`      how the worker signs in: passkeys, one-time codes, other browsers
* `receipt`       a grant's signed receipt, to download
* `own_data`      take everything away, or have it erased
* `record_file`   one's record at the platforms as a file; `record` asks for it page by page
* `routes`        all of it as Starlette routes; `templates/` and `static/` are the looks
"""
