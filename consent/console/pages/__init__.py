"""The console's pages: like the worker's, rendered here, without JavaScript, in every language there is.

In: a browser's request. Out: HTML. Nothing changes on GET; what is dangerous needs a fresh proof of who it is.
An organization that the person does not belong to is not there (404); what their role does not allow is refused (403).

* `services`      what the pages need, passed in
* `navigation`    which pages an organization of a kind has; a further page is one more line
* `guard`         who is this, in which organization, and what may they do
* `start`         one's organizations, registering another, opening an invitation
* `overview`      an organization at a glance, usage, history
* `clients`       clients, secrets and keys
* `people`        members and invitations
* `going_live`    asking an operator for a live actor
* `operating`     operators: requests, actors, platforms
* `routes`        all of it as Starlette routes; `../templates/` are the looks
"""
