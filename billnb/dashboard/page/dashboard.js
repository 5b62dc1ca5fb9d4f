// The dashboard's front end. It decides nothing: what is shown comes as one value, `_view`, and what
// is chosen goes back to the kernel. Plotly and DataTables are asked of the kernel once a page.

const PATIENCE = 8000; // milliseconds without an answer, after which that is said
const CONFIG = { displayModeBar: false, responsive: true, showSendToCloud: false };
const SHARED = Symbol.for("billnb.code");

const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes))
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  element.append(...children);
  return element;
};
const bytesOf = (buffer) => (ArrayBuffer.isView(buffer) ? buffer : new Uint8Array(buffer));
const unpacked = (buffer) =>
  new Response(new Blob([bytesOf(buffer)]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
const imported = async (code) => {
  const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  try {
    return await import(url);
  } finally {
    URL.revokeObjectURL(url);
  }
};
const escaped = (text) => text.replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`);

const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));

/** Questions to the kernel, each with its answer. */
class Kernel {
  constructor(model, silent) {
    Object.assign(this, { model, silent, waiting: new Map() });
    this.heard = (message, buffers) => {
      this.waiting.get(message.id)?.({ ...message, buffers });
      this.waiting.delete(message.id);
    };
    model.on("msg:custom", this.heard);
  }
  ask(message) {
    // other views of the same widget hear the answer as well
    const id = `${Date.now()}-${Math.random()}`;
    return new Promise((answer, refuse) => {
      const timer = setTimeout(() => this.silent(true), PATIENCE);
      this.waiting.set(id, (found) => {
        clearTimeout(timer);
        this.silent(false);
        if (found.error) refuse(new Error(found.error));
        else answer(found);
      });
      this.model.send({ ...message, id });
    });
  }
  /** A library, which all dashboards of a page share. */
  code(name, read) {
    const shared = (globalThis[SHARED] ??= new Map());
    const mine = () => {
      const found = this.ask({ type: "code", name }).then(({ buffers }) => Promise.all(buffers.map(unpacked)).then(read));
      shared.set(name, found);
      found.catch(() => shared.get(name) === found && shared.delete(name));
      return found;
    };
    if (!shared.has(name)) return mine();
    // the kernel that was asked first may be busy, or gone: then this one is asked, and not otherwise
    let isHad = false;
    const other = shared.get(name);
    const late = wait(PATIENCE / 2).then(() => (isHad ? other : mine()));
    return Promise.race([other.finally(() => (isHad = true)), late]).catch(mine);
  }
  plotly() {
    return this.code("plotly", async ([code]) => {
      const wrapped = `const module = { exports: {} }, exports = module.exports, define = undefined;
${code}
export default module.exports;`;
      return (await imported(wrapped)).default;
    });
  }
  tables() {
    return this.code("tables", async ([code, style]) => {
      document.head.prepend(make("style", { "data-billnb": true }, style));
      return imported(code);
    });
  }
  end() {
    this.model.off("msg:custom", this.heard);
  }
}

const isDark = (element) => {
  const [red, green, blue] = (getComputedStyle(element).color.match(/[\d.]+/g) ?? [0, 0, 0]).map(Number);
  return red + green + blue > 382;
};
/** Wait until an element is on the page: what is drawn before has no width. */
const onPage = async (element, isOver) => {
  while (!element.isConnected && !isOver()) await new Promise((next) => requestAnimationFrame(next));
};

function render({ model, el }) {
  const banner = make("p", { class: "billnb-banner", role: "alert", hidden: true });
  const tell = (words) => {
    banner.textContent = words;
    banner.hidden = !words;
  };
  let over = false;
  const gone = () => tell("The kernel that drew this is gone. Run the cell again to bring the dashboard back to life.");
  let isSilent = false;
  const silent = (now) => {
    if (now) tell("The kernel does not answer: it is busy, or it was restarted. In that case, run the cell again.");
    else if (isSilent) tell("");
    isSilent = now;
  };
  const kernel = new Kernel(model, silent);
  const attempt = async (message) => {
    try {
      tell("");
      return await kernel.ask(message);
    } catch (error) {
      showFilters(view.filters); // what was refused is not chosen
      for (const { controls } of drawn.values()) delete controls.dataset.controls;
      for (const { name, controls } of view.figures) showControls(panel(name).controls, controls);
      tell(error.message);
    }
  };
  const choose = (choice) => attempt({ type: "choose", choice });

  // the frame that stays

  const title = make("p", { class: "billnb-about" });
  const notice = make("p", { class: "billnb-banner billnb-note", hidden: true });
  const exported = async (form) => {
    menu.open = false;
    const found = await attempt({ type: "export", form });
    if (!found) return;
    const url = URL.createObjectURL(new Blob([bytesOf(found.buffers[0])], { type: found.mime }));
    make("a", { href: url, download: found.name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60000);
  };
  const menu = make(
    "details",
    { class: "billnb-menu" },
    make("summary", {}, "Export"),
    make(
      "div",
      {},
      ...[["csv", "CSV"], ["parquet", "Parquet"], ["xlsx", "Excel"], ["html", "HTML report"]].map(([form, name]) =>
        make("button", { type: "button", onclick: () => exported(form) }, name),
      ),
    ),
  );
  const listing = make("textarea", { readonly: true, rows: 12, "aria-label": "Python code" });
  const dialog = make(
    "dialog",
    { class: "billnb-dialog", "aria-label": "The code that gives what is shown" },
    make("p", {}, "The Python that gives what is shown:"),
    listing,
    make(
      "p",
      {},
      make("button", { type: "button", onclick: async () => {
        listing.select();
        try {
          await navigator.clipboard.writeText(listing.value);
        } catch {
          document.execCommand("copy");
        }
        dialog.close();
      } }, "Copy"),
      " ",
      make("button", { type: "button", onclick: () => dialog.close() }, "Close"),
    ),
  );
  const code = async () => {
    const found = await attempt({ type: "code-of-view" });
    if (!found) return;
    listing.value = found.text;
    dialog.showModal();
  };
  const cards = make("div", { class: "billnb-cards" });
  const filters = make("div", { class: "billnb-filters", role: "group", "aria-label": "Filters" });
  const chips = make("div", { class: "billnb-chips", "aria-label": "What is chosen" });
  const panels = make("div", { class: "billnb-panels" });
  const entriesTitle = make("h3");
  const spoken = make("p", { class: "billnb-spoken", "aria-live": "polite" });
  const tableHolder = make("div", { class: "billnb-table" }, make("p", { class: "billnb-muted" }, "Loading the table…"));
  const root = make(
    "section",
    { class: "billnb", "aria-label": "Billing dashboard" },
    make(
      "header",
      {},
      make("h2", {}, "Billing"),
      title,
      menu,
      make("button", { type: "button", onclick: code }, "Code"),
    ),
    notice,
    banner,
    cards,
    filters,
    chips,
    panels,
    make("section", { class: "billnb-card" }, entriesTitle, tableHolder),
    spoken,
    dialog,
  );
  el.replaceChildren(root);
  const dress = () => root.classList.toggle("billnb-dark", isDark(el));

  // what changes

  const showCards = (found) =>
    cards.replaceChildren(
      ...found.map(({ title, lines, sentence }) =>
        make(
          "div",
          { class: "billnb-card" },
          make("h3", {}, title),
          ...lines.map(({ amount, change, note }) =>
            make(
              "p",
              {},
              make("span", { class: "billnb-amount" }, amount),
              change ? make("span", { class: "billnb-change" }, ` ${change}`) : "",
              make("br"),
              make("span", { class: "billnb-muted" }, note),
            ),
          ),
          sentence ? make("p", { class: lines.length ? "billnb-muted" : "billnb-sentence" }, sentence) : "",
        ),
      ),
    );

  const fields = new Map();
  const field = (name, label, control) => {
    fields.set(name, control);
    return make("label", { class: `billnb-field billnb-${name}` }, make("span", {}, label), control);
  };
  const select = (name, label) =>
    field(name, label, make("select", { onchange: ({ target }) => choose({ [name]: target.value || null }) }));
  const day = (name, label) =>
    field(name, label, make("input", { type: "date", onchange: ({ target }) => choose({ [name]: target.value || null }) }));
  let typing;
  filters.append(
    select("preset", "Period"),
    day("since", "From"),
    day("until", "To"),
    select("provider", "Provider"),
    select("account", "Account"),
    select("currency", "Currency"),
    select("kind", "Kind"),
    select("status", "Status"),
    select("component", "Component"),
    field("search", "Search", make("input", {
      type: "search",
      oninput: ({ target }) => {
        clearTimeout(typing);
        typing = setTimeout(() => choose({ search: target.value }), 250);
      },
    })),
  );
  const reset = make("button", { type: "button", class: "billnb-reset", onclick: () => (clearTimeout(typing), attempt({ type: "reset" })) }, "Reset");
  filters.append(reset);
  for (const [name, options] of Object.entries(model.get("_names"))) {
    const control = fields.get(name);
    control.replaceChildren(...options.map(([value, label]) => make("option", { value, hidden: value === "other" }, label)));
    control.parentElement.hidden = options.length < 3 && ["provider", "account", "currency"].includes(name);
  }
  const showFilters = (found) => {
    for (const [name, value] of Object.entries(found)) {
      const control = fields.get(name);
      if (control.tagName === "SELECT" || control !== document.activeElement) control.value = value;
    }
  };
  const showChips = (found) =>
    chips.replaceChildren(
      ...found.map(({ field, label }) =>
        make(
          "button",
          { type: "button", class: "billnb-chip", "aria-label": `Remove ${label}`, onclick: () => choose({ [field]: field === "search" ? "" : null }) },
          label,
          make("span", { "aria-hidden": "true" }, " ×"),
        ),
      ),
      ...(found.length ? [] : [make("span", { class: "billnb-muted" }, "Click a bar, or choose above: everything follows.")]),
    );

  const drawn = new Map();
  const panel = (name) => {
    if (drawn.has(name)) return drawn.get(name);
    const parts = {
      title: make("h3"),
      note: make("p", { class: "billnb-muted" }),
      key: make("p", { class: "billnb-key" }),
      controls: make("div", { class: "billnb-controls" }),
      plot: make("div", { class: "billnb-plot", tabindex: 0, role: "application" }),
      sentence: make("p", { class: "billnb-sentence" }),
    };
    const holder = make("section", { class: `billnb-card billnb-figure billnb-${name}` },
      make("div", { class: "billnb-heading" }, parts.title, parts.controls), parts.note, parts.key, parts.plot, parts.sentence);
    drawn.set(name, { ...parts, holder });
    watched.observe(holder);
    return drawn.get(name);
  };
  const showControls = (place, found) => {
    if (place.dataset.controls === JSON.stringify(found)) return;
    place.dataset.controls = JSON.stringify(found);
    place.replaceChildren(
      ...found.map(({ field, label, value, options }) => {
        const control = make(
          "select",
          { "aria-label": label, onchange: ({ target }) => choose({ [field]: target.value }) },
          ...options.map((one) => make("option", { value: one, selected: one === value }, one)),
        );
        return make("label", { class: "billnb-field" }, make("span", {}, label), control);
      }),
    );
  };
  const seen = new Set(); // what is seen is drawn first
  const watched = new IntersectionObserver((found) => {
    for (const { target, isIntersecting } of found) seen[isIntersecting ? "add" : "delete"](target);
  });
  let rounds = 0;
  const showFigures = async (found) => {
    const round = (rounds += 1);
    const order = found.map(({ name }) => panel(name).holder);
    if (order.length !== panels.children.length || order.some((one, place) => panels.children[place] !== one))
      panels.replaceChildren(...order);
    for (const { name, title, note, sentence, key, controls, layout } of found) {
      const parts = panel(name);
      parts.title.textContent = title;
      parts.note.textContent = note;
      parts.key.replaceChildren(
        ...key.map(([label, colour]) => {
          const square = make("i", { "aria-hidden": "true" });
          square.style.background = colour;
          return make("span", {}, square, label);
        }),
      );
      showControls(parts.controls, controls);
      parts.sentence.textContent = sentence;
      parts.sentence.hidden = !sentence;
      parts.plot.hidden = Boolean(sentence);
      parts.plot.setAttribute("aria-label", `${title}. ${note}. Arrow keys go from bar to bar.`);
      if (!sentence) parts.plot.style.height = `${layout.height}px`;
    }
    let Plotly;
    try {
      Plotly = await kernel.plotly();
      await onPage(root, () => over);
    } catch (error) {
      tell(`The charts cannot be drawn: ${error.message}`);
      return;
    }
    if (over) return;
    if (round === 1) dress();
    const isSeen = ({ name }) => seen.has(panel(name).holder);
    const first = found.filter(isSeen);
    for (const one of [...first, null, ...found.filter((one) => !first.includes(one))]) {
      if (one === null) {
        if (round > 1) await painted();
        root.dataset.seen = String(round);
      }
      if (round !== rounds || over) return;
      if (!one || one.sentence) continue;
      const { name, data, layout } = one;
      const { plot } = panel(name);
      const isNew = !plot.classList.contains("js-plotly-plot");
      const asIs = JSON.stringify([data, layout]);
      if (!isNew && panel(name).asIs === asIs) continue; // drawing takes long, and is not needed
      Object.assign(panel(name), { asIs });
      await Plotly.react(plot, data, layout, CONFIG);
      if (isNew) {
        plot.on("plotly_click", ({ points }) => clicked(points[0].customdata));
        steered(Plotly, plot);
      }
    }
    root.dataset.drawn = String(round);
  };
  const clicked = ([, choice]) => {
    if (!choice) return;
    const now = view.chosen;
    choose(Object.fromEntries(Object.entries(choice).map(([name, value]) => [name, now[name] === value ? null : value])));
  };
  /** Have arrow keys point at a chart's bars, one by one, and Enter click. */
  const steered = (Plotly, plot) => {
    let at = [0, -1];
    const point = ([curve, place]) => plot.data[curve]?.customdata[place];
    const upright = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [-1, 0], ArrowUp: [1, 0] };
    const lying = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
    plot.addEventListener("keydown", (event) => {
      const move = (plot.data[0]?.orientation === "h" ? lying : upright)[event.key];
      if (!move && event.key !== "Enter" && event.key !== "Escape") return;
      event.preventDefault();
      event.stopPropagation(); // the notebook has these keys too
      if (event.key === "Escape") Plotly.Fx.unhover(plot);
      else if (!move) point(at) && clicked(point(at));
      else {
        const curve = Math.min(Math.max(at[0] + move[0], 0), plot.data.length - 1);
        const last = plot.data[curve].customdata.length - 1;
        at = [curve, Math.min(Math.max(at[1] + move[1], 0), last)];
        const { xaxis, yaxis } = plot.data[curve];
        Plotly.Fx.hover(plot, [{ curveNumber: at[0], pointNumber: at[1] }], `${xaxis}${yaxis}`);
        setTimeout(() => (spoken.textContent = plot.querySelector(".hoverlayer")?.textContent ?? ""), 100);
      }
    });
    plot.addEventListener("blur", () => Plotly.Fx.unhover(plot));
  };

  let table;
  const showEntries = ({ title, columns }) => {
    entriesTitle.textContent = title;
    if (table) {
      table.then((shown) => shown.ajax.reload(), () => {});
      return;
    }
    table = kernel.tables().then(async ({ jQuery }) => {
      await onPage(root, () => over);
      const element = make("table", { class: "display compact" });
      tableHolder.replaceChildren(element);
      const grouped = ([units, places]) => `${units.replace(/\B(?=(\d{3})+$)/g, ",")}.${places}`;
      const linked = (url) =>
        /^https:\/\//i.test(url) ? `<a href="${escaped(url)}" rel="noopener noreferrer" target="_blank">open</a>` : "";
      const shown = { total: (digits) => grouped(digits.split(".")), document_url: linked };
      return jQuery(element).DataTable({
        serverSide: true,
        searching: false,
        autoWidth: false,
        pageLength: 10,
        lengthMenu: [10, 25, 100],
        order: [[0, "desc"]],
        language: { emptyTable: "No entries are chosen.", info: "_START_ to _END_ of _TOTAL_", infoEmpty: "" },
        columns: columns.map(([field, name]) => ({
          title: name,
          className: field === "total" ? "billnb-number" : `billnb-${field}`,
          orderable: field !== "document_url",
          render: (cell, kind) => (kind === "display" ? (shown[field] ?? escaped)(cell) : cell),
        })),
        ajax: ({ start, length, order, draw }, show) => {
          const [{ column, dir } = { column: 0, dir: "desc" }] = order;
          kernel.ask({ type: "rows", start, length, column, descending: dir === "desc" }).then(
            ({ rows, total }) => show({ draw, data: rows, recordsTotal: total, recordsFiltered: total }),
            (error) => {
              tell(error.message);
              show({ draw, data: [], recordsTotal: 0, recordsFiltered: 0 });
            },
          );
        },
      });
    });
    table.catch((error) => {
      table = undefined;
      tell(`The table cannot be shown: ${error.message}`);
    });
  };

  let view;
  const show = () => {
    view = JSON.parse(model.get("_view"));
    if (root.isConnected) dress();
    title.textContent = view.about;
    notice.textContent = view.notice;
    notice.hidden = !view.notice;
    showCards(view.cards);
    showFilters(view.filters);
    showChips(view.chips);
    showFigures(view.figures);
    showEntries(view.entries);
  };
  const themed = new MutationObserver(dress);
  themed.observe(document.body, { attributes: true });
  const lost = () => gone();
  model.on("change:_view", show);
  model.on("comm:close", lost);
  model.on("comm_live_update", lost);
  show();
  return () => {
    over = true;
    clearTimeout(typing);
    themed.disconnect();
    watched.disconnect();
    kernel.end();
    for (const { plot } of drawn.values())
      if (plot.classList.contains("js-plotly-plot")) kernel.plotly().then((Plotly) => Plotly.purge(plot));
    table?.then((shown) => shown.destroy(), () => {});
    model.off("change:_view", show);
    model.off("comm:close", lost);
    model.off("comm_live_update", lost);
  };
}

export default { render };
