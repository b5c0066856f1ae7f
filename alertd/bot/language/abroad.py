"""Words of other languages for what alerts say: the sentence in English is offered."""

import re
from collections.abc import Callable

from alertd.bot.language.mistake import Edit, Mistake

_ENGLISH = (
    ("above", "über ueber oberhalb arriba encima superior supera supere acima sopra oltre dessus выше больше mayor "
     "maior maggiore supérieur superieur dépasse depasse übersteigt"),
    ("below", "unter unterhalb debajo bajo abajo abaixo sotto dessous ниже меньше menor inferior inferiore inférieur "
     "inferieur"),
    ("when", "wenn falls sobald cuando quando quand lorsque если когда"),
    ("reaches", "erreicht alcanza alcance llega llegue atteint raggiunge atinge chega достигнет"),
    ("falls", "fällt faellt cae cai scende упадет упадёт"),
    ("rises", "steigt sube suba sobe вырастет"),
    ("hour", "stunde hora heure ora час"),
    ("hours", "stunden horas heures ore часа часов"),
    ("day", "tag día jour giorno день"),
    ("days", "tagen días dias jours giorni дней"),
    ("at", "bei"),
    ("", "kaufe kaufen verkaufe verkaufen compra comprar vende vender acheter vendre"),
)  # fmt: skip
_BESIDES = (
    ("in", "en em dans innerhalb"),
    ("1", "einer einem"),
    ("", "por de del que als la el le les au aux du da do dos der die das den si mich mir bitte me sag bescheid"
     " avisame avísame avise alerte alerta alarme aviso prévenir previens prix precio preço prezzo preis kurs favor"
     " um una un ein eine auf est es ist sia цена"),
)  # fmt: skip
_WORDS = {word: english for english, words in _ENGLISH for word in words.split()}
_BESIDE = {word: english for english, words in _BESIDES for word in words.split()}
"""Words beside them, most of which say nothing: taken for what they are where one of those is there."""
_WORD = re.compile(r"[^\W\d_]+")


def check_abroad(text: str, start: int, known: Callable[[str], bool]) -> None:
    """Raises Mistake for a line in another language, with what it says in English. `known` is true for words that mean
    something here."""
    found = [(word, word.group().lower()) for word in _WORD.finditer(text, start)]
    first = next((word for word, said in found if said in _WORDS and not known(said)), None)
    if first is None:
        return
    edits = [
        Edit((*word.span(), english))
        for word, said in found
        if (english := _WORDS.get(said, _BESIDE.get(said))) is not None and not known(said)
    ]
    raise Mistake(first.span(), "alertd understands English alone", fixes=(edits,))
