"""Facts: what is kept for people to read later, as JSON, to be worded in the language of who reads it.

A fact is a text of the code, in English, with its values; a value may be a fact itself. A list of facts is one line of
several sentences. What somebody else told, such as Amazon's words, is kept as the plain string that it is.
`amazon.cancellation.words` words them.
"""


def fact(text, /, **values):
    """A text with its values. Import it as `_lt`, so that Odoo finds the text among those to be translated.

    :param str text: In English, with named placeholders.
    :param values: What is filled in: strings, numbers, or facts.
    :rtype: dict
    """
    return {"text": text, "values": values} if values else {"text": text}


def label(model, field, value):
    """The label of a selection's value.

    :param str model: A model.
    :param str field: Its selection.
    :param str value: What the selection holds.
    :rtype: dict
    """
    return {"label": [model, field, value]}


def any_of(names):
    """Names of which one will do.

    :param Iterable[str] names: As they are in every language.
    :rtype: dict
    """
    return {"any_of": list(names)}


def count_of(count, one, many):
    """A counted thing, in the singular or plural of the reader's language.

    :param int count: How many.
    :param dict one: The fact in singular, with `count` among its placeholders; many languages use it for more than 1.
    :param dict many: The fact in plural.
    :rtype: dict
    """
    return {"count": count, "one": one["text"], "many": many["text"]}


def without_repeats(facts):
    """The facts, each once.

    :param list facts: Facts, which cannot be hashed.
    :rtype: list
    """
    return [fact for index, fact in enumerate(facts) if fact not in facts[:index]]


def code(told):
    """What Amazon told by its codes, for which `codes.py` has words.

    :param str told: The code, or several; or free words.
    :rtype: dict
    """
    return {"told": told}
