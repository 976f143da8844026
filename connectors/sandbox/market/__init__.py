"""What the simulated market of training and work is made of, drawn from the sandbox's seed.

`trades` says what each occupation asks for (an extract of ESCO, © European Union); `courses` are programmes towards
them, `adverts` openings in them and counts of past openings. The simulated providers word these in their own ways.
"""
