"""The market: what providers publish, and what is asked for.

    feeds ─source─► words become skills ─market─► training, opportunities, entry bars ─► demand ─► forecast

`gazetteer` knows where cities lie.
"""
