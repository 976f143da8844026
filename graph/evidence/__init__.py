"""From what accounts show to skills held.

    evidence ─facts─► SkillFact ─relevance─► which skills it speaks for ─estimate─► Holding ─text─► its explanation

`usual_ratings` knows what ratings usually are where they were given, `licences` what credentials permit;
`silence` says which facts show no skill, and why. `profile_export` writes holdings as a document to take along.
"""
