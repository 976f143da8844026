"""The schema model that every stage of the composer works on.

Reading order: `typeref` (type references), `model` (types, fields, arguments, directives),
`literals` (printing and comparing GraphQL values), `build` (from parsed SDL), `fieldset` (the
selections inside `@key`, `@requires` and `@provides`), `subtyping`, `printer` (back to SDL).
Nothing here knows what Federation is.
"""
