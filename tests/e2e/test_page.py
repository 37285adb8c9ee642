# SPDX-License-Identifier: Apache-2.0
"""The status page: what it says without a script, and live in a browser."""
import html.parser
import json

import pytest

from support.browser import Browser
from support.configured import settings_for
from support.program import wait_until

HOSTILE = '"><img src=x onerror=pwned=1><script>pwned=1</script>\u202e&amp;\x07\''
ENTER = "\ue007"


class Outline(html.parser.HTMLParser):
    """Elements with their attributes, and all text."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.words = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]

    def text(self):
        return "".join(self.words)


def page_of(service):
    answer = service.admin("/")
    assert answer.status == 200
    return Outline(answer.body.decode())


def settings(issuer, **source):
    made = settings_for(issuer)
    made["issuers"][0]["source"].update(cooldown_s=1, backoff_min_ms=100, backoff_max_ms=200,
                                        **source)
    return made


def hostile_key(key):
    return dict(key.public, kid=HOSTILE)


@pytest.fixture
def watched(configure, issuer, key):
    service = configure(settings=settings(issuer))
    wait_until("the keys", lambda: service.status()["issuers"][0]["keys"])
    return service


def test_tells_everything_without_a_script(watched, key):
    page = page_of(watched)
    assert {"header", "main", "footer", "nav", "h1"} <= {tag for tag, _ in page.elements}
    assert all(one["scope"] in ("col", "row") for one in page.all("th"))
    thumbprint = watched.status()["issuers"][0]["keys"][0]["thumbprint"]
    for word in ("main", "in order", "first", thumbprint, "fresh for another", "key came",
                 "All is well."):
        assert word in page.text(), word
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_loads_nothing_from_elsewhere_and_runs_nothing_inline(watched):
    answer = watched.admin("/")
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'") and "unsafe" not in policy
    page = Outline(answer.body.decode())
    for tag, attributes in page.elements:
        for name, value in attributes.items():
            assert not name.startswith("on") and name != "style", (tag, name)
            if name in ("src", "href"):
                assert value.startswith("/") or value == "data:,", value
    for script in page.all("script"):
        assert set(script) == {"src", "defer"}
    for path, kind in (("/page.css", "text/css"), ("/page.js", "text/javascript")):
        asset = watched.admin(path)
        assert asset.status == 200 and asset.headers["Content-Type"].startswith(kind)
        assert b"http" not in asset.body


def test_a_hostile_kid_is_text(configure, issuer, key):
    service = configure()
    issuer.keys = [hostile_key(key)]
    assert service.post("/refresh/main").status == 202
    wait_until("the hostile kid", lambda: any(
        one.get("kid") == HOSTILE for one in service.status()["issuers"][0]["keys"]))
    page = page_of(service)
    assert not page.all("img") and len(page.all("script")) == 1
    assert HOSTILE.replace("\x07", "\ufffd") in page.text()


def test_shows_trouble_first_and_not_everything(configure, file, key, issuer):
    issuer.status = 500
    keys = file({"keys": [key.public]})
    given = settings(issuer)
    given["issuers"] = [{"name": f"i{i}", "issuer": f"https://i{i}.example", "keys_file": keys}
                        for i in range(300)] + given["issuers"]
    service = configure(settings=given)
    wait_until("the alarm", lambda: service.status()["alarms"])
    page = page_of(service)
    shown = page.all("article")
    assert len(shown) == 200 and shown[0]["class"] == "red"
    assert "and 101 more" in page.text()


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    running = Browser(tmp_path_factory.mktemp("browser"))
    yield running
    running.close()


@pytest.fixture
def browser(chromium):
    chromium.be_desk()
    chromium.prefer("light")
    yield chromium
    chromium.open("about:blank")


def look_at(browser, service):
    browser.open(f"http://{service.addresses['admin']}/")
    wait_until("the script", lambda: "live" in browser.text("#connection"))


def class_of(browser):
    return browser.ask("return document.querySelector('article').className")


@pytest.mark.foreign
def test_a_rotation_appears(browser, watched, issuer, make_key):
    look_at(browser, watched)
    assert "second" not in browser.text("article")
    issuer.keys = [make_key("second").public, *issuer.keys]
    watched.post("/refresh/main")
    wait_until("the new key in the table", lambda: "second" in browser.text("article tbody"))
    assert browser.ask("return document.querySelectorAll('path.came').length") == 2
    issuer.keys = issuer.keys[:1]
    watched.post("/refresh/main")
    wait_until("the end of the old one", lambda: "first" not in browser.text("article tbody"))
    browser.ask("document.querySelector('#events-0').open = true")
    assert "key went first" in browser.text("#events-0")


@pytest.mark.foreign
def test_an_outage_turns_amber_then_red_then_green(browser, configure, issuer):
    service = configure(settings=settings(issuer, lifetime_min_s=1, lifetime_max_s=1,
                                          stale_limit_s=10))
    wait_until("the keys", lambda: service.status()["issuers"][0]["keys"])
    look_at(browser, service)
    wait_until("calm", lambda: class_of(browser) == "green")
    assert "All is well." in browser.text("#alarms")
    issuer.status = 500
    wait_until("amber", lambda: class_of(browser) == "amber")
    assert "Warning main: Downloads fail" in browser.text("#alarms li.amber")
    wait_until("red", lambda: class_of(browser) == "red")
    assert "Alarm main: The keys are past the stale limit." in browser.text("#alarms li.red")
    assert browser.ask("return document.querySelector('#alarms').ariaLive") == "polite"
    issuer.status = 200
    wait_until("its end", lambda: class_of(browser) == "green")
    wait_until("calm again", lambda: "All is well." in browser.text("#alarms"))


@pytest.mark.foreign
def test_a_reused_kid_raises_an_alarm(browser, watched, issuer, program):
    look_at(browser, watched)
    again = json.loads(program.ok("jwk", "generate", "--alg", "ES256", "--kid", "first"))
    issuer.keys = [{name: again[name] for name in again if name != "d"}]
    watched.post("/refresh/main")
    wait_until("the alarm", lambda: "Other key material" in browser.text("#alarms li.red"))


@pytest.mark.foreign
def test_a_hostile_kid_does_nothing_in_a_browser(browser, watched, issuer, key):
    look_at(browser, watched)
    issuer.keys = [hostile_key(key)]
    watched.post("/refresh/main")
    wait_until("the kid as text", lambda: "onerror=pwned=1" in browser.text("article tbody"))
    assert browser.ask("return [typeof pwned, document.images.length]") == ["undefined", 0]


@pytest.mark.foreign
def test_requests_are_drawn(browser, watched, sign, key, claims):
    token = sign(key, claims)
    look_at(browser, watched)

    def is_drawn():
        watched.verify(token)
        watched.verify()
        return browser.ask("return ['passed', 'refused'].every((name) => document.querySelector("
                           "`polygon.${name}`)?.getBBox().height > 5) && "
                           "document.querySelector('path.median').getTotalLength() > 0")

    wait_until("the plots", is_drawn)
    browser.ask("document.querySelector('#by-policy').open = true")
    assert "default" in browser.text("#by-policy tbody")


CONTRASTS = """
const light = (colour) => {
  const parts = colour.match(/[\\d.]+/g).slice(0, 3).map((one) => {
    const part = one / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
};
const ground = (element) => {
  for (; element; element = element.parentElement) {
    const colour = getComputedStyle(element).backgroundColor;
    if (!/, 0\\)$/.test(colour)) return colour;
  }
  return "rgb(255, 255, 255)";
};
const poor = [];
for (const details of document.querySelectorAll("details")) details.open = true;
for (const element of document.querySelectorAll("body *")) {
  if (![...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim())) continue;
  if (element.tagName === "title") continue;
  const style = getComputedStyle(element);
  const colours = [element.closest("svg") ? style.fill : style.color, ground(element)];
  const [dark, bright] = colours.map(light).sort((a, b) => a - b);
  const ratio = (bright + 0.05) / (dark + 0.05);
  if (ratio < 4.5) poor.push([element.className, ratio, ...colours]);
}
return poor;
"""


@pytest.mark.foreign
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_the_contrast_of_wcag_aa(browser, configure, issuer, scheme):
    issuer.status = 500
    service = configure(settings=settings(issuer))
    wait_until("the alarm", lambda: service.status()["alarms"])
    browser.prefer(scheme)
    look_at(browser, service)
    assert browser.text("#alarms li.red")
    assert browser.ask(CONTRASTS) == []
    ground = browser.ask("return getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(18, 23, 26)") == (scheme == "dark")


@pytest.mark.foreign
def test_fits_a_telephone(browser, watched):
    browser.be_telephone()
    look_at(browser, watched)
    browser.ask("for (const one of document.querySelectorAll('details')) one.open = true")
    assert browser.ask("return document.documentElement.scrollWidth") <= 360
    assert browser.ask("return [...document.querySelectorAll('article *')].filter((one) => "
                       "one.getBoundingClientRect().right > 360).length") == 0


@pytest.mark.foreign
def test_renewal_leaves_the_keyboard_where_it_was(browser, watched):
    look_at(browser, watched)
    browser.ask("document.querySelector('#events-0 summary').focus()")
    browser.press(ENTER)
    before = browser.text("#service")
    wait_until("a renewal", lambda: browser.text("#service") != before)
    ages = browser.text("#events-0 time")
    wait_until("another", lambda: browser.text("#events-0 time") != ages)
    assert browser.ask("return document.querySelector('#events-0').open")
    assert browser.ask("return document.activeElement.closest('details')?.id") == "events-0"


@pytest.mark.foreign
def test_says_when_the_service_is_gone(browser, watched):
    look_at(browser, watched)
    watched.stop()
    wait_until("the word", lambda: "does not answer" in browser.text("#connection"))
    assert "first" in browser.text("article tbody"), "what was last seen stays"
