/* <jeugdzoek-box> wraps a plain search form and shows the results in place.
 *
 *   <jeugdzoek-box>
 *     <form action="https://zoek.example.nl/zoek" method="get">
 *       <label for="q">Waar zoekt u naar?</label>
 *       <input id="q" name="q" type="search"> <button>Zoeken</button>
 *     </form>
 *   </jeugdzoek-box>
 *
 * Without JavaScript, or when anything fails, the form simply opens its own page.
 * Text is only ever set as text, so nothing of a report is read as HTML.
 */
class JeugdzoekBox extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    if (!this.form || this.status) return;
    this.status = this.appendChild(node("p", "jz-status"));
    this.status.setAttribute("role", "status");
    this.results = this.appendChild(node("div", "jz-results"));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.search();
    });
  }

  async search() {
    const query = String(new FormData(this.form).get("q") || "").trim();
    this.pending?.abort();
    this.results.replaceChildren();
    this.status.textContent = "";
    if (!query) return;
    const { signal } = (this.pending = new AbortController());
    try {
      const texts = await this.texts();
      this.status.textContent = texts.busy;
      const url = new URL("api/v1/search", this.form.action);
      url.search = new URLSearchParams({ q: query, limit: this.getAttribute("limit") || "5" });
      const response = await fetch(url, { signal, credentials: "omit", referrerPolicy: "no-referrer" });
      if (!response.ok) throw new Error(`status ${response.status}`);
      this.show(await response.json(), texts);
    } catch (error) {
      if (error.name !== "AbortError") HTMLFormElement.prototype.submit.call(this.form);
    }
  }

  async texts() {
    this.loaded ||= fetch(new URL("static/texts.json", this.form.action), { credentials: "omit" }).then((r) => r.json());
    const all = await this.loaded;
    this.language = (this.closest("[lang]")?.lang || "nl").slice(0, 2).toLowerCase();
    return all[this.language] || all.nl;
  }

  show(answer, texts) {
    const count = answer.hits.length;
    this.status.textContent = !count
      ? texts.none.replace("{query}", answer.query)
      : !answer.confident
        ? texts.unsure
        : count === 1
          ? texts.one
          : texts.some.replace("{count}", count);
    if (answer.did_you_mean) this.results.append(this.meant(answer.did_you_mean, texts));
    if (!count) return;
    const list = this.results.appendChild(node("ol", "jz-list"));
    for (const hit of answer.hits) list.append(this.item(hit, texts));
    if (answer.related.length) {
      this.results.append(node("p", "jz-related", `${texts.related} ${answer.related.slice(0, 8).join(", ")}`));
    }
  }

  meant(query, texts) {
    const paragraph = node("p", "jz-meant", `${texts.meant} `);
    const link = node("a", "", query);
    link.href = new URL(this.form.action);
    link.search = new URLSearchParams({ q: query });
    paragraph.append(link);
    return paragraph;
  }

  item(hit, texts) {
    const item = node("li", "jz-hit");
    const link = node("a", "jz-title", hit.title || hit.report_id);
    const keep = this.language === "en" ? "?lang=en" : "";
    link.href = new URL(`verslag/${encodeURIComponent(hit.report_id)}${keep}#${anchor(hit)}`, this.form.action);
    const session = [hit.place, written(hit.date, texts)].filter(Boolean).join(", ");
    item.append(link, node("p", "jz-session", session), snippet(hit), node("p", "jz-why", texts[hit.found_by]));
    return item;
  }
}

function node(name, className, text = "") {
  const element = document.createElement(name);
  element.className = className;
  element.textContent = text;
  return element;
}

function anchor(hit) {
  return `p${hit.passage_id.slice(hit.passage_id.lastIndexOf("#") + 1)}`;
}

function written(date, texts) {
  if (!date) return texts.unknown_date;
  const [, year, month, day] = /^(\d{4})(?:-(0[1-9]|1[0-2]))?(?:-(\d\d))?$/.exec(date) || [];
  return year ? [day && Number(day), month && texts.months.split(" ")[month - 1], year].filter(Boolean).join(" ") : date;
}

/* Spans count characters (code points), as Python does; a JavaScript string counts UTF-16 units. */
const MARKS = /(\n)#{1,6}[ \t]+/g;
const FIRST_MARKS = /(^|\n)#{1,6}[ \t]+/g;

function snippet({ text: whole, snippet: { text, spans } }) {
  const characters = Array.from(text);
  const paragraph = node("p", "jz-snippet");
  const plain = (from, to) => characters.slice(from, to).join("").replace(from ? MARKS : FIRST_MARKS, "$1");
  if (!whole.startsWith(text)) paragraph.append("… ");
  let at = 0;
  for (const [start, end] of spans) {
    paragraph.append(plain(at, start), node("mark", "", characters.slice(start, end).join("")));
    at = end;
  }
  paragraph.append(plain(at, characters.length));
  if (!whole.endsWith(text)) paragraph.append(" …");
  return paragraph;
}

customElements.define("jeugdzoek-box", JeugdzoekBox);
