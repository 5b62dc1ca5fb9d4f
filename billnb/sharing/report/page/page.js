"use strict";
const unpacked = async (name) => {
  const element = document.getElementById(`packed-${name}`);
  const bytes = Uint8Array.from(atob(element.textContent.trim()), (one) => one.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
};
const failed = (what, error) => `${what} cannot be shown: ${error.message}. A current browser is needed.`;
(async () => {
  const places = document.querySelectorAll(".chart > div");
  try {
    const figures = JSON.parse(await unpacked("figures"));
    const config = { displayModeBar: false, responsive: true, showSendToCloud: false };
    for (const [place, { data, layout }] of figures.entries())
      await Plotly.newPlot(places[place], data, layout, config);
  } catch (error) {
    for (const place of places) if (!place.firstChild) place.textContent = failed("The chart", error);
  }
})();
(async () => {
  // words stand for codes of one character, and instants for the minutes between them
  const unfolded = ({ cells, words, codes, steps }) => {
    if (codes !== undefined) return Array.from(codes, (code) => words[code.charCodeAt(0) - 35]);
    if (steps === undefined) return cells;
    let minutes = 0;
    return steps.map((step) => {
      minutes += step;
      return new Date(minutes * 60000).toISOString().slice(0, 16).replace("T", " ");
    });
  };
  const escaped = (text) =>
    text.replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`);
  const grouped = (digits) => {
    const [units, places] = digits.split(".");
    return `${units.replace(/\B(?=(\d{3})+$)/g, ",")}.${places}`;
  };
  const linked = (url) =>
    /^https:\/\//i.test(url)
      ? `<a href="${escaped(url)}" rel="noopener noreferrer" target="_blank">open</a>`
      : escaped(url);
  const shown = { total: grouped, document_url: linked };
  const state = document.getElementById("entries-state");
  try {
    const [code, style, json] = await Promise.all(["code", "style", "entries"].map(unpacked));
    document.head.insertAdjacentElement("afterbegin", Object.assign(document.createElement("style"), { textContent: style }));
    const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
    const { jQuery, set_or_remove_dark_class } = await import(url);
    URL.revokeObjectURL(url);
    set_or_remove_dark_class();
    const read = JSON.parse(json);
    const cells = read.map(unfolded);
    const rows = cells[0].map((_, row) => cells.map((column) => column[row]));
    const columns = read.map(({ field, name }) => ({
      title: name,
      className: { total: "number", issued_at: "date" }[field] ?? "",
      type: field === "total" || field === "issued_at" ? "num" : "string",
      render: (cell, kind, _, { row }) => {
        if (kind === "display") return (shown[field] ?? escaped)(cell);
        if (kind === "sort" && field === "total") return Number(cell);
        if (kind === "sort" && field === "issued_at") return -row; // to the second and beyond
        // an amount is found with and without commas; DataTables reads what it searches as HTML
        return field === "total" ? `${cell} ${grouped(cell)}` : escaped(cell);
      },
    }));
    const table = jQuery("#entries-table").DataTable({
      data: rows,
      columns,
      deferRender: true,
      order: [[0, "desc"]],
      pageLength: 25,
      lengthMenu: [25, 100, 500],
      autoWidth: false,
      language: { search: "Search", emptyTable: "There are no entries." },
    });
    state.remove();
    const LONGEST_PRINT = 5000;
    let before = 25;
    addEventListener("beforeprint", () => {
      before = table.page.len();
      table.page.len(Math.min(LONGEST_PRINT, rows.length || 1)).draw();
    });
    addEventListener("afterprint", () => table.page.len(before).draw());
  } catch (error) {
    state.textContent = failed("The entries", error);
  }
})();
let closed = [];
addEventListener("beforeprint", () => {
  closed = [...document.querySelectorAll("details:not([open])")];
  for (const details of closed) details.open = true;
});
addEventListener("afterprint", () => {
  for (const details of closed) details.open = false;
});
