"""The connectors' own pages: linking, and registration at the console. What both are made of.

guard      forms are protected by what protects all of Gigway's forms; this is its seam
language   texts in the reader's language: `locale/<language>.po`, a further one is one more file
page       a template becomes a response with the headers that every page has
"""

from connectors.pages.guard import FormGuard
from connectors.pages.language import PickLanguage, Translate, mark
from connectors.pages.page import Pages

__all__ = ["FormGuard", "Pages", "PickLanguage", "Translate", "mark"]
