"""Self-attention: queries, keys, values; scores, softmax, the mask; shares of values; all heads."""

from __future__ import annotations

from ...network.sections import head_of
from ..labels import MOST
from ..pieces import dot, mix, softmax
from ..pieces.grid import grid
from ..pieces.roles import roles
from ..screenplay import Screenplay, Tag, Take, names
from .projection import residual

HEAD = ("attn.q", "attn.k", "attn.v", "attn.scores", "attn.pattern", "attn.z")
ASKED = ("attn.q", "attn.k", "attn.v")
# Of their natural time that set pieces take in the full film; and in the short, the more the more they tell.
BRISK, QUICK, STEADY, CALM = 0.72, 0.4, 0.95, 1.15
EACH = 2.2  # seconds before each of queries, keys and values


def attention(play: Screenplay) -> None:
    """Heads, one of them alone, step by step; then all heads."""
    play.start("attention", "look")
    play.say("heads" if play.trace.network.config.n_head > 1 else "head_one", heads(play), least=2.4)
    _dot(play)
    c = play.trace.network.config
    shared = c.n_kv_head < c.n_head
    for key, letter in (("queries", "q"), ("keys_shared" if shared else "keys", "k"), ("value_rows", "v")):
        _projected(play, key, letter)
    turned = play.here("attn.rot_q", head=play.own)
    if turned:
        play.say("rotary", play.detail(turned, beside=play.here("attn.q", head=play.own)), least=2.0)
    _scores(play)
    _weigh(play)
    made = play.here("attn.z", head=play.own)
    take = play.detail(made, beside=play.here("attn.pattern", head=play.own))
    play.fill("positions", take, made, least=2.4)
    window = play.say("all_heads", heads(play), least=3.0)
    play.compute(play.here(*HEAD), window)


def attention_at_once(play: Screenplay) -> None:
    """One head: queries, keys and values; scores become shares, shares weigh values."""
    play.start("attention", "look")
    play.compute(play.here("ln1.out"), (play.now - 1.0, play.now))
    play.act(roles(play.example), STEADY, letter="qkv")
    play.compute(play.here(*ASKED, "attn.rot_q", "attn.rot_k"), (play.now - 1.0, play.now))
    play.act(softmax.attention(play.example, brief=True), STEADY, keys="scores", scores="softmax_short")
    play.act(grid(play.example), STEADY, rows=_mask(play))
    play.act(mix.mix(play.example, brief=True), CALM, offer="values")
    play.compute(play.here(*HEAD), (play.now - 1.0, play.now))
    if play.has("resid_mid"):
        residual(play, "gathered", "resid_mid", CALM / 2)


def attend(play: Screenplay) -> None:
    """The teaser's attention: all of it at once."""
    play.start("attention", "look")
    made = play.here("ln1.out", *HEAD, "attn_out", "resid_mid")
    play.compute(made, play.say("attend", heads(play), least=1.8))


def heads(play: Screenplay) -> Take:
    """All heads of a layer, each with its name."""
    made = play.here(*HEAD, "attn.W_Q", "attn.W_K", "attn.W_V")
    inside = play.here("attn.z")[0].section[:2]
    count = play.trace.network.config.n_head
    sections = [s for s in play.layout.sections if s.path[:2] == inside and head_of(s.name) is not None]
    sections = [*sections[: MOST - 1], sections[-1]] if count > MOST else sections
    tags = tuple(Tag(play.words.part(section.name, count), section.box) for section in sections)
    seen = [b for b in made if b.head in (None, 0)] if play.layout.arrangement.heads == "fan" else made
    return Take("plan", [block.box for block in made], names(seen), tags, names(made))


def _dot(play: Screenplay) -> None:
    """How one number of a query is made."""
    play.compute(play.here("ln1.out"), (play.now - 1.0, play.now))
    play.act(dot.dot_product(play.example), BRISK, lift="dot_pairs", add="dot_sum")


def _projected(play: Screenplay, key: str, letter: str) -> None:
    """Queries, keys or values of all positions, beside what was learned for them."""
    kinds = (f"attn.{letter}", f"attn.{letter}_norm.out", f"attn.rot_{letter}")
    made = [b for b in play.here(*kinds) if b.head in (None, play.own)] or play.here(*kinds)[:1]
    weights = (
        play.here(f"attn.W_{letter.upper()}", head=play.own) or play.here(f"attn.W_{letter.upper()}")[:1]
    )
    play.fill(key, play.detail(made, beside=weights), play.here(*kinds), least=EACH)


def _scores(play: Screenplay) -> None:
    """The close-up of one query, and the table of all of them."""
    piece = softmax.attention(play.example)
    play.act(piece, BRISK, keys="scores", mask="mask_row", scores="softmax_exp", stick="softmax_sum")
    play.act(grid(play.example), BRISK, rows=_mask(play))
    kinds = ("attn.scores", "attn.scores_max", "attn.scores_sum", "attn.pattern")
    play.compute(play.here(*kinds, head=play.own), (play.now - 1.0, play.now))


def _mask(play: Screenplay) -> str:
    """The caption of the mask: some layers look back a little way only."""
    return "mask" if play.trace.network.config.window_of(play.focus.layer) is None else "mask_window"


def _weigh(play: Screenplay) -> None:
    """The close-up of one weighted sum."""
    play.act(mix.mix(play.example), BRISK, offer="values", all="values_all")
