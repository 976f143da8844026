"""The built-in taxonomy and market, read by `graph.taxonomy.builtin`; so that nothing has to be downloaded.

* `esco/`: an extract of ESCO v1.1.1 (occupations and skills around gig work and what lies above it: URIs, ISCO-08
  codes, English and Swedish labels, synonyms, relations). This service uses the ESCO classification of the European
  Commission; ESCO is © European Union, reuse with attribution. Extract, form and the cut of descriptions to one
  sentence are ours, and so are the columns `job_zone` (preparation from 1 to 5, after O*NET® job zones, U.S. Department
  of Labor, CC BY 4.0, with corrections) and `regulation` (why work in it needs more than skill), and that who drives
  for a living can `drive vehicles`.
* `occupation_vectors.npz`: what the 3,007 occupations of ESCO 1.1.1 mean, as vectors of 128 bytes, made from their
  labels, descriptions and skills with all-MiniLM-L6-v2 (Apache License 2.0) by `tests/bench/occupation_vectors.py`.
* `cities.csv`: cities and their coordinates, to a hundredth of a degree.
* `usual_ratings.csv`: what ratings usually are, by platform and kind of work, each with its source.
* `terms.csv`: words of gig platforms for ESCO skills.
* `market/`: providers, training programmes and opportunities. All are fictional and say so: `simulated` is true.
"""
