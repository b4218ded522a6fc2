"""The service, over real HTTP: pages without JavaScript, the API, and what it never shows."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

import jeugdzoek
from jeugdzoek import Report
from jeugdzoek.server.app import create_app

Call = Callable[..., tuple[int, str, str]]
PORTAL = "https://portaal.beekdal.example"
SCRIPT = "<script>alert('x')</script>"
HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>&amp;'
HARMFUL = Report(
    f"kwaad/{HOSTILE} #?%41",
    f"# Kop {SCRIPT}\n\nDe wachttijd {SCRIPT} is lang. {HOSTILE} Einde.",
    f"Titel {HOSTILE}",
    "2023-05-16",
    f"Beekdal {HOSTILE}",
)


class Page(HTMLParser):
    """What a browser would make of a page: elements, their attributes, and all text."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def links(self) -> list[str]:
        return [str(a["href"]) for a in self.all("a") if a.get("class") == "jz-title"]


@contextmanager
def served(app: Any) -> Iterator[httpx.Client]:
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("dienst") / "i"
    reports = [
        HARMFUL,
        Report("ggz", "De wachttijd voor de jeugd-ggz is dertig weken.", "Wachttijden", "2022-01", "Veenrode"),
        Report("pleeg", "Pleegouders wachten op geld.", "Pleegzorg"),
        Report("intern", "Geheimwoord over de wachttijd in een gezin.", "Intern", "2023", "Veenrode", "team"),
    ]
    jeugdzoek.build(reports, path).close()
    return path


@pytest.fixture(scope="module")
def web(folder: Path) -> Iterator[httpx.Client]:
    with jeugdzoek.open(folder) as index, served(create_app(index, allow_origins=[PORTAL])) as client:
        yield client


def test_the_page_without_a_query_is_a_dutch_form(web: httpx.Client) -> None:
    answer = web.get("/zoek")
    page = Page(answer.text)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert page.all("html") == [{"lang": "nl"}]
    assert page.all("form")[0]["action"] == "/zoek"
    assert [field["name"] for field in page.all("input")] == ["q"]
    assert page.all("label") == [{"for": page.all("input")[0]["id"]}]
    assert "Waar zoekt u naar?" in page.text
    assert page.links() == []


def test_the_home_page_leads_to_search(web: httpx.Client) -> None:
    answer = web.get("/")
    assert (answer.status_code, answer.headers["location"]) == (307, "/zoek")


def test_results_stand_on_the_page_without_javascript(web: httpx.Client) -> None:
    page = Page(web.get("/zoek", params={"q": "wachttijd jeugd-ggz"}).text)
    assert page.all("script") == []
    assert page.links()[0] == "/verslag/ggz#p0"
    assert [p for p in page.all("p") if p.get("role") == "status"]
    assert "De wachttijd voor de jeugd-ggz is dertig weken." in page.text
    assert len(page.all("mark")) >= 3
    for text in ("stukken tekst gevonden", "Veenrode, januari 2022", "Gevonden op uw woorden"):
        assert text in page.text


def test_every_link_leads_to_the_passage(web: httpx.Client) -> None:
    links = Page(web.get("/zoek", params={"q": "wachttijd geld"}).text).links()
    assert len(links) == 3
    for link in links:
        answer = web.get(urljoin("/zoek", link))
        assert answer.status_code == 200
        anchors = [span["id"] for span in Page(answer.text).all("span") if "id" in span]
        assert link.rpartition("#")[2] in anchors


def test_a_report_is_shown_whole(web: httpx.Client) -> None:
    answer = web.get("/verslag/pleeg")
    page = Page(answer.text)
    assert "Pleegouders wachten op geld." in page.text
    assert "datum onbekend" in page.text
    assert "Terug naar zoeken" in page.text


def test_headings_of_a_report_are_headings(web: httpx.Client) -> None:
    links = Page(web.get("/zoek", params={"q": "wachttijd einde"}).text).links()
    page = Page(web.get(next(link for link in links if "kwaad" in link)).text)
    assert [s["aria-level"] for s in page.all("span") if s.get("role") == "heading"] == ["2"]
    assert f"Kop {SCRIPT}" in page.text
    assert "# Kop" not in page.text


@pytest.mark.parametrize("query", ["wachttijd einde", HOSTILE, SCRIPT])
def test_everything_is_escaped(web: httpx.Client, query: str) -> None:
    search = Page(web.get("/zoek", params={"q": query}).text)
    report = Page(web.get(next(link for link in search.links() if "kwaad" in link)).text)
    assert search.all("input")[0]["value"] == query
    assert SCRIPT in report.text
    for page in (search, report):
        assert HOSTILE in page.text
        assert not page.all("script") + page.all("img") + page.all("style")
        for _, attributes in page.elements:
            assert not [name for name in attributes if name == "style" or name.startswith("on")]


def test_the_query_is_escaped_where_nothing_is_found_too(web: httpx.Client) -> None:
    page = Page(web.get("/zoek", params={"q": f"-{SCRIPT}"}).text)
    assert f"Niets gevonden voor ‘-{SCRIPT}’." in page.text
    assert page.all("script") == page.links() == []


@pytest.mark.parametrize(
    "path",
    [
        "/zoek",
        "/zoek?q=a",
        "/verslag/ggz",
        "/verslag/weg",
        "/api/v1/search?q=a",
        "/healthz",
        "/static/jeugdzoek.css",
        "/x",
    ],
)
def test_every_answer_has_strict_headers(web: httpx.Client, path: str) -> None:
    headers = web.get(path).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert "*" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == ("public, max-age=3600" if "static" in path else "no-store")


@pytest.mark.parametrize(
    ("query", "options"),
    [
        ("wachttijd", {}),
        ("wachttijd geld", {"limit": "1", "mode": "keyword"}),
        ("lang wachten", {"mode": "semantic"}),
        ("wachttijd", {"from": "2023", "until": "2023-12-31"}),
        ("wachttijd", {"place": "Veenrode"}),
        ("", {}),
    ],
)
def test_the_api_answers_what_the_command_line_prints(
    web: httpx.Client, jz: Call, folder: Path, query: str, options: dict[str, str]
) -> None:
    flags = [part for name, value in options.items() for part in (f"--{name}", value)]
    code, out, _ = jz("search", query, "--index", str(folder), "--json", *flags)
    answer = web.get("/api/v1/search", params={"q": query, **options})
    assert (code, answer.status_code, answer.headers["content-type"]) == (0, 200, "application/json")
    printed, sent = json.loads(out), answer.json()
    assert printed.pop("took_ms") >= 0
    assert sent.pop("took_ms") >= 0
    assert sent == printed
    assert list(sent) == list(printed)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"limit": "0"}, "limit must be a number from 1 to 100, not '0'"),
        ({"limit": "101"}, "'101'"),
        ({"limit": "veel"}, "'veel'"),
        ({"limit": "-1"}, "'-1'"),
        ({"limit": "٣"}, "'٣'"),
        ({"mode": "beide"}, "'beide'"),
        ({"from": "gisteren"}, "'gisteren' is no date; write it as 2023-05-16"),
        ({"until": "2023-13"}, "'2023-13'"),
    ],
)
def test_a_wrong_value_is_named(web: httpx.Client, options: dict[str, str], named: str) -> None:
    answer = web.get("/api/v1/search", params={"q": "wachttijd", **options})
    assert answer.status_code == 400
    assert list(answer.json()) == ["error"]
    assert named in answer.json()["error"]
    page = web.get("/zoek", params={"q": "wachttijd", **options})
    assert page.status_code == 400
    assert "Deze zoekvraag werkt niet." in Page(page.text).text


def test_an_unknown_report_is_a_dutch_404(web: httpx.Client) -> None:
    for path in ("/verslag/weg", f"/verslag/{'x' * 3000}", "/verslag/..%2f..%2fetc%2fpasswd"):
        answer = web.get(path)
        assert answer.status_code == 404
        assert "Dit verslag is er niet (meer)." in Page(answer.text).text


def test_other_paths_and_methods_are_refused(web: httpx.Client) -> None:
    for path in ("/x", "/static/app.py", "/static/..%2fapp.py", "/api/v1"):
        assert web.get(path).status_code == 404
    answer = web.post("/api/v1/search")
    assert (answer.status_code, answer.json()) == (405, {"error": "Method Not Allowed"})
    assert "GET" in answer.headers["allow"]


def test_english_stays_english(web: httpx.Client) -> None:
    page = Page(web.get("/zoek", params={"q": "wachttijd", "lang": "en"}).text)
    assert page.all("html") == [{"lang": "en"}]
    assert "What are you looking for?" in page.text
    assert {"type": "hidden", "name": "lang", "value": "en"} in page.all("input")
    for link in page.links():
        report = Page(web.get(link).text)
        assert report.all("html") == [{"lang": "en"}]
        assert report.all("a")[0]["href"] == "/zoek?lang=en"
    assert Page(web.get("/zoek", params={"lang": "../x"}).text).all("html") == [{"lang": "nl"}]


@pytest.mark.parametrize("asked", ["", "&audience=team", "&audience=intern&audience=team"])
def test_what_is_not_public_is_never_shown(web: httpx.Client, folder: Path, asked: str) -> None:
    with jeugdzoek.open(folder) as index:
        assert index.search("geheimwoord", mode="keyword", audience="team").hits
    for mode in ("hybrid", "keyword", "semantic"):
        page = web.get(f"/zoek?q=geheimwoord+wachttijd+gezin&mode={mode}{asked}").text
        answer = web.get(f"/api/v1/search?q=geheimwoord+wachttijd+gezin&mode={mode}{asked}&limit=100")
        for text in (page, answer.text):
            assert "verslag/intern" not in text
            assert "Geheimwoord" not in text
        assert {hit["report_id"] for hit in answer.json()["hits"]} <= {HARMFUL.id, "ggz", "pleeg"}
        assert answer.json()["total"] <= 3
    assert web.get(f"/verslag/intern?lang=nl{asked}").status_code == 404
    assert web.get("/verslag/intern").text == web.get("/verslag/weg").text


def test_it_can_be_mounted_below_another_path(folder: Path) -> None:
    with jeugdzoek.open(folder) as index, served(Starlette(routes=[Mount("/jeugd/a", create_app(index))])) as client:
        assert client.get("/jeugd/a/").headers["location"] == "/jeugd/a/zoek"
        page = Page(client.get("/jeugd/a/zoek", params={"q": "wachttijd"}).text)
        assert page.all("form")[0]["action"] == "/jeugd/a/zoek"
        for path in (page.links()[0], str(page.all("link")[0]["href"]), "/jeugd/a/api/v1/search?q=kind"):
            assert path.startswith("/jeugd/a/")
            assert client.get(path).status_code == 200


def test_only_named_origins_may_use_the_api(web: httpx.Client, folder: Path) -> None:
    def allowed(client: httpx.Client, path: str, origin: str) -> str | None:
        return client.get(path, headers={"Origin": origin}).headers.get("access-control-allow-origin")

    assert allowed(web, "/api/v1/search?q=a", PORTAL) == PORTAL
    for other in ("https://elders.example", PORTAL + ".elders.example", "null"):
        assert allowed(web, "/api/v1/search?q=a", other) is None
    with jeugdzoek.open(folder) as index, served(create_app(index)) as closed:
        assert allowed(closed, "/api/v1/search?q=a", PORTAL) is None
        assert allowed(closed, "/static/jeugdzoek-box.js", PORTAL) == "*"


def test_many_ask_at_once(web: httpx.Client) -> None:
    def ask(number: int) -> list[str]:
        answer = web.get("/api/v1/search", params={"q": "wachttijd geld"[: 9 + number % 2 * 5], "mode": "keyword"})
        return [hit["report_id"] for hit in answer.json()["hits"]]

    alone = [ask(number) for number in range(2)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(64))) == alone * 32


def test_an_index_out_of_order_is_told_without_details(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    jeugdzoek.build([Report("een", "Verslag over pleegzorg.")], tmp_path / "i").close()
    with jeugdzoek.open(tmp_path / "i") as index, served(create_app(index)) as client:
        texts = next((tmp_path / "i").glob("gen-*/reports.sqlite"))
        texts.write_bytes(bytes(texts.stat().st_size))
        answers = [client.get(path) for path in ("/zoek?q=pleegzorg", "/api/v1/search?q=pleegzorg", "/verslag/een")]
    assert [answer.status_code for answer in answers] == [503, 503, 503]
    assert "Zoeken lukt nu niet." in Page(answers[0].text).text
    assert answers[1].json() == {"error": "the index cannot be searched now; try again later"}
    assert not [answer for answer in answers if str(tmp_path) in answer.text]
    assert "reports.sqlite" in caplog.text
