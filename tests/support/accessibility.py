"""What axe-core finds wrong with a page, as far as it is serious or critical.

Nearly all of its time goes into the contrast of text, milliseconds for each of thousands of elements, most of which are
alike in all that it goes by; so two of each kind are looked at. The rules on colours depend on the theme and not
on the width, which no style here makes colours depend on; the other rules depend on the width and not on the theme.
"""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_CONTRAST, _LINKS = "color-contrast", "link-in-text-block"
_GRAVE = {"serious", "critical"}

# By the name of the rule, the elements that break it.
Violations = dict[str, list[str]]

# Of an element: its colours, and whether its letters are large (WCAG 1.4.3).
_LOOK = """(element) => {
  const { color, backgroundColor, backgroundImage, opacity, fontSize, fontWeight } = getComputedStyle(element);
  const large = parseFloat(fontSize) >= (fontWeight >= 700 ? 18.66 : 24);
  return `${element.tagName} ${color} ${backgroundColor} ${backgroundImage} ${opacity} ${large}`;
}"""

# Elements with text of their own, and fields: two of each kind. A kind is how an element and all that it stands in
# look, and what else styles and axe go by: classes, and attributes such as `disabled`. What something positioned lies
# over or under is of a kind of its own. The two are the first, as what comes later may be out of sight in a table that
# scrolls, and the longest, as axe passes over a single letter.
_TWO_OF_EACH_KIND = f"""() => {{
  const look = {_LOOK};
  const all = [...document.querySelectorAll("body, body *")].filter((element) => element.getClientRects().length);
  const positioned = all.filter((element) => ["absolute", "fixed"].includes(getComputedStyle(element).position));
  const meet = (one, other) =>
    one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
  const known = new Map([[document.documentElement, ""]]);
  const kind = (element) => {{
    if (!known.has(element)) {{
      const attributes = [...element.attributes].map(({{ name, value }}) => name === "class" ? value : name);
      known.set(element, `${{kind(element.parentElement)}} > ${{look(element)}} ${{attributes.join(" ")}}`);
    }}
    return known.get(element);
  }};
  const kinds = new Map();
  for (const element of all) {{
    const says = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    if (says || element.matches("input, select, textarea")) {{
      const place = element.getBoundingClientRect();
      const met = positioned.some((one) => !one.contains(element) && meet(one.getBoundingClientRect(), place));
      const key = met ? element : kind(element);
      kinds.get(key)?.push(element) ?? kinds.set(key, [element]);
    }}
  }}
  return [...kinds.values()].flatMap((alike) => {{
    const longest = alike.reduce((one, other) => other.textContent.length > one.textContent.length ? other : one);
    return [...new Set([alike[0], longest])];
  }});
}}"""


def of_structure(page: Page) -> Violations:
    """By all rules but those on colours."""
    rules = {rule: {"enabled": False} for rule in (_CONTRAST, _LINKS)}
    return _grave(Axe().run(page, options={"resultTypes": ["violations"], "rules": rules}).response)


def of_colours(page: Page) -> Violations:
    """By the rules on colours: all links in text, and two of each kind of text."""
    page.evaluate(Axe().axe_script)
    links = {"resultTypes": ["violations"], "runOnly": [_LINKS]}
    contrast = {"resultTypes": ["violations"], "runOnly": [_CONTRAST]}
    return _grave(page.evaluate("options => axe.run(options)", links)) | _grave(
        page.evaluate(f"options => axe.run({{ include: ({_TWO_OF_EACH_KIND})() }}, options)", contrast)
    )


def _grave(response: Any) -> Violations:
    return {
        each["id"]: [node["html"] for node in each["nodes"]]
        for each in response["violations"]
        if each["impact"] in _GRAVE
    }


def colours(page: Page) -> list[str]:
    """What the rules on colours go by, of every element."""
    found: list[str] = page.evaluate(f"() => [...document.querySelectorAll('body *')].map({_LOOK})")
    return found
