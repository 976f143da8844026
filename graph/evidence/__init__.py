"""From what accounts show to skills held.

    evidence ─facts─► SkillFact ─relevance─► which skills it speaks for ─estimate─► Holding ─text─► its explanation

`profile_export` writes holdings as a document to take along.
"""
