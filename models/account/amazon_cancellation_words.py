from odoo import api, models
from odoo.tools import format_list
from odoo.tools.misc import babel_locale_parse

from ...codes import SEPARATOR, get_code_facts
from ...facts import code


class AmazonCancellationWords(models.AbstractModel):
    """Words the facts that are kept for people to read later, in the language of who reads them: see `facts.py`."""

    _name = "amazon.cancellation.words"
    _description = "Amazon Cancellation Wording"

    @api.model
    def _word_all(self, facts_by_id):
        """Word the facts of several records at once.

        :param dict facts_by_id: Lists of facts by the ids of their records.
        :return: A text for each, one line a fact; False where there is none.
        :rtype: dict
        """
        word = self._get_wording([fact for facts in facts_by_id.values() for fact in facts or ()])
        return {key: "\n".join(filter(None, map(word, facts or ()))) or False for key, facts in facts_by_id.items()}

    @api.model
    def _word(self, *facts):
        """Word facts that are shown now.

        :rtype: str|bool
        """
        return self._word_all({None: facts})[None]

    @api.model
    def _word_code(self, told):
        """Word what Amazon told by its codes; what is not known is shown as told.

        :param str|bool told: The code, or several; or free words.
        :rtype: str|bool
        """
        return bool(told) and self._word(code(told))

    # === GETTERS === #

    @api.model
    def _get_wording(self, facts):
        """What words each of these facts. Hook for stages that keep facts of their own.

        :param list facts: All that will be worded by it.
        :return: Gives the text of a fact.
        :rtype: callable
        """
        return self._word_value

    @api.model
    def _word_value(self, value):
        if isinstance(value, list):
            return " ".join(str(self._word_value(part)) for part in value)
        if not isinstance(value, dict):
            return value
        if "label" in value:
            model, field, key = value["label"]
            return dict(self.env[model]._fields[field]._description_selection(self.env)).get(key, key)
        if "count" in value:
            count = value["count"]
            is_one = babel_locale_parse(self.env.lang).plural_form(count) == "one"
            counted = value["one"] if is_one else value["many"]
            return self.env._(counted, count=count)
        if "told" in value:
            return SEPARATOR.join(self._word_value(part) for part in get_code_facts(value["told"]))
        if "any_of" in value:
            return format_list(self.env, value["any_of"], "or")
        text, values = value["text"], value.get("values", {})
        return self.env._(text, **{name: self._word_value(part) for name, part in values.items()})
