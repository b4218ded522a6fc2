"""The search box in a real browser, on a page of another origin."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from urllib.parse import quote

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

import jeugdzoek
from jeugdzoek import Report

DRIVER = shutil.which("chromedriver")
in_browser = pytest.mark.skipif(DRIVER is None, reason="no chromedriver on the PATH; install chromium-driver")
Browse = Callable[..., webdriver.Chrome]

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--window-size=900,1100",
)
SCRIPT = "<script>document.title = 'stuk'</script><img src=x onerror=\"document.title = 'stuk'\">"
STRANGE_ID = "map/kwaad #1?<b>"
PORTAL = """<!doctype html><html lang="{language}"><meta charset="utf-8"><title>Portaal</title>
<link rel="stylesheet" href="{service}/static/jeugdzoek.css">
<script type="module" src="{service}/static/jeugdzoek-box.js"></script>
<h1>Gemeente Beekdal</h1>
<jeugdzoek-box limit="3"><form action="{service}/zoek" method="get" class="jz-form">
<label for="q">Waar zoekt u naar?</label>
<div class="jz-row"><input id="q" name="q" type="search"> <button>Zoeken</button></div></form></jeugdzoek-box></html>"""
SERVE = "import sys; from jeugdzoek.cli.main import main; sys.exit(main())"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A portal at one origin, with the box of a service at another; gives the portal's address."""
    folder = tmp_path_factory.mktemp("portaal")
    reports = [
        Report("ggz", "De wachttijd 😀 voor de jeugd-ggz is dertig weken.", "Wachttijden", "2022-01-10", "Veenrode"),
        Report(STRANGE_ID, f"## Kop\n\nNiemand kent zwemles. {SCRIPT} Einde.", f"Titel {SCRIPT}", place=f"<i>{SCRIPT}"),
        Report("lang", "Kinderen wachten. " * 20 + "Dan volgt een oorkonde. " + "Ouders wachten ook. " * 15, "Lang"),
    ]
    jeugdzoek.build(reports, folder / "i").close()
    handler = partial(Quiet, directory=str(folder / "web"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as pages:
        threading.Thread(target=pages.serve_forever).start()
        origin = f"http://127.0.0.1:{pages.server_address[1]}"
        command = [sys.executable, "-c", SERVE, "serve", "--index", str(folder / "i"), "--port", "0", "--json"]
        with subprocess.Popen([*command, "--allow-origin", origin], stdout=subprocess.PIPE) as service:
            assert service.stdout is not None
            address = json.loads(service.stdout.readline())["url"].removesuffix("/zoek")
            (folder / "web").mkdir()
            for language in ("nl", "en"):
                page = PORTAL.format(language=language, service=address)
                (folder / "web" / f"{language}.html").write_text(page, encoding="utf-8")
            yield origin
            service.terminate()
            service.communicate()
        pages.shutdown()


@pytest.fixture(scope="module")
def browse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browse]:
    """Start Chromium with a fresh profile; one with JavaScript, one without."""
    started: dict[bool, webdriver.Chrome] = {}

    def browser(*, javascript: bool = True) -> webdriver.Chrome:
        if javascript not in started:
            options = Options()
            for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profiel')}"):
                options.add_argument(flag)
            setting = "profile.managed_default_content_settings.javascript"
            options.add_experimental_option("prefs", {} if javascript else {setting: 2})
            started[javascript] = webdriver.Chrome(options=options, service=Service(DRIVER))
        return started[javascript]

    yield browser
    for driver in started.values():
        driver.quit()


Found = tuple[str, list[WebElement]]


def search(driver: webdriver.Chrome, page: str, query: str) -> Found:
    """Type a query on a portal's page and submit it; return what is announced, and the results."""
    driver.get(page)
    driver.find_element(By.ID, "q").send_keys(query)
    driver.find_element(By.TAG_NAME, "button").click()
    status = driver.find_element(By.CSS_SELECTOR, "jeugdzoek-box [role=status]")
    WebDriverWait(driver, 10).until(lambda _: status.text and "…" not in status.text)
    return status.text, driver.find_elements(By.CSS_SELECTOR, "jeugdzoek-box ol > li")


@in_browser
def test_results_are_shown_in_place_and_announced(portal: str, browse: Browse) -> None:
    announced, results = search(browse(), f"{portal}/nl.html", "wachttijd jeugd-ggz")
    assert announced == "3 stukken tekst gevonden"
    assert browse().current_url == f"{portal}/nl.html"
    title, session, text, why = results[0].text.splitlines()
    assert (title, session) == ("Wachttijden", "Veenrode, 10 januari 2022")
    assert text == "De wachttijd 😀 voor de jeugd-ggz is dertig weken."
    assert why.startswith("Gevonden op uw woorden")
    assert [mark.text for mark in results[0].find_elements(By.TAG_NAME, "mark")] == ["wachttijd", "jeugd", "ggz"]


@in_browser
def test_links_lead_to_the_passage(portal: str, browse: Browse) -> None:
    for query, title in (("wachttijd", "Wachttijden"), ("zwemles", f"Titel {SCRIPT}")):
        _, results = search(browse(), f"{portal}/nl.html", query)
        link = results[0].find_element(By.TAG_NAME, "a")
        address = str(link.get_attribute("href"))
        assert "/verslag/" in address
        link.click()
        WebDriverWait(browse(), 10).until(lambda driver: "/verslag/" in driver.current_url)
        assert browse().find_element(By.TAG_NAME, "h1").text == title
        assert browse().find_element(By.CSS_SELECTOR, ":target").get_attribute("id") == address.rpartition("#")[2]
    assert f"/verslag/{quote(STRANGE_ID, safe='')}#p0" in address


@in_browser
def test_html_in_a_report_is_text(portal: str, browse: Browse) -> None:
    _, results = search(browse(), f"{portal}/nl.html", "zwemles")
    title, session, *text = results[0].text.splitlines()
    assert title == f"Titel {SCRIPT}"
    assert session == f"<i>{SCRIPT}, datum onbekend"
    assert text[:3] == ["Kop", "", f"Niemand kent zwemles. {SCRIPT} Einde."]
    assert not results[0].find_elements(By.CSS_SELECTOR, "script, img, i")
    assert browse().title == "Portaal"


@in_browser
def test_a_piece_of_a_passage_says_that_it_is_one(portal: str, browse: Browse) -> None:
    _, results = search(browse(), f"{portal}/nl.html", "oorkonde")
    snippet = results[0].find_element(By.CLASS_NAME, "jz-snippet").text
    assert snippet.startswith("… ")
    assert snippet.endswith(" …")
    assert "oorkonde" in snippet


@in_browser
def test_a_second_query_takes_the_place_of_the_first(portal: str, browse: Browse) -> None:
    search(browse(), f"{portal}/nl.html", "wachttijd")
    field = browse().find_element(By.ID, "q")
    field.clear()
    field.send_keys("-zwemles")
    browse().find_element(By.TAG_NAME, "button").click()
    status = browse().find_element(By.CSS_SELECTOR, "jeugdzoek-box [role=status]")
    WebDriverWait(browse(), 10).until(lambda _: "Niets gevonden voor ‘-zwemles’" in status.text)
    assert not browse().find_elements(By.CSS_SELECTOR, "jeugdzoek-box li")


@in_browser
def test_the_box_speaks_the_language_of_the_page(portal: str, browse: Browse) -> None:
    announced, results = search(browse(), f"{portal}/en.html", "wachttijd jeugd-ggz")
    assert announced == "3 passages found"
    assert "10 January 2022" in results[0].text
    assert "?lang=en#p0" in str(results[0].find_element(By.TAG_NAME, "a").get_attribute("href"))


@in_browser
@pytest.mark.parametrize("why", ["no javascript", "an origin that is not allowed"])
def test_else_the_form_opens_the_results_page(portal: str, browse: Browse, why: str) -> None:
    driver = browse(javascript=why != "no javascript")
    driver.get(f"{portal.replace('127.0.0.1', 'localhost')}/nl.html")
    driver.find_element(By.ID, "q").send_keys("wachttijd")
    driver.find_element(By.TAG_NAME, "button").click()
    WebDriverWait(driver, 10).until(lambda _: driver.current_url.endswith("/zoek?q=wachttijd"))
    assert "De wachttijd 😀 voor de jeugd-ggz" in driver.find_element(By.CSS_SELECTOR, "ol > li").text


def test_the_box_is_small() -> None:
    folder = files("jeugdzoek.server") / "searchbox"
    packed = {path.name: len(gzip.compress(path.read_bytes())) for path in folder.iterdir() if path.is_file()}
    assert packed.keys() == {"jeugdzoek-box.js", "jeugdzoek.css", "texts.json"}
    assert sum(packed.values()) <= 10_000, packed


def test_every_text_is_there_in_both_languages() -> None:
    source = files("jeugdzoek.server") / "searchbox" / "texts.json"
    texts = json.loads(source.read_text(encoding="utf-8"))
    assert texts["nl"].keys() == texts["en"].keys()
    assert all(text.strip() for language in texts.values() for text in language.values())
