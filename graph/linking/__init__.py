"""Text to skills: which skills of the taxonomy a title, a category or a sentence speaks of, how surely, by which words.

```
text ─surfaces─► likeness to every word and name ─candidates─► features of ~150 skills ─ranker─► links
```
* `surfaces`: names, words and n-grams as sparse matrices, and how rare words are;
* `candidates`: the skills that may be meant, each described by numbers;
* `ranker`: a linear model over these numbers, learned from sentences that people have labeled;
* `function_words`: words that say nothing of skills;
* `titles`: job titles to occupations;
* `linker`: the interface, `SkillLinker.link`; long texts are cut into pieces;
* `encoder`, `semantic`: the same with meaning, an extra; its model comes in a wheel and runs in NumPy.

Nothing is downloaded at run time. Whoever has a better engine satisfies `Linker`.
"""
