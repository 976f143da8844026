"""The built-in taxonomy and market, read by `graph.builtin`; so that nothing has to be downloaded.

* `esco/`: an extract of ESCO v1.1.1 (occupations and skills around gig work and what lies above it: URIs, ISCO-08
  codes, English and Swedish labels, synonyms, relations). This service uses the ESCO classification of the European
  Commission; ESCO is © European Union, reuse with attribution. Extract, form and the cut of descriptions to one
  sentence are ours, and so are the columns `job_zone` (preparation from 1 to 5, after O*NET® job zones, U.S. Department
  of Labor, CC BY 4.0, with corrections) and `regulation` (why work in it needs more than skill), and that who drives
  for a living can `drive vehicles`.
* `terms.csv`: words of gig platforms for ESCO skills.
* `market/`: providers, training programmes and opportunities. All are fictional and say so: `simulated` is true.
"""
