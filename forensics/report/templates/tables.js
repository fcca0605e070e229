// Sorting and filtering of the tables of this page. Without it the page is whole, only unsorted.
(() => {
  "use strict";
  const page = document.documentElement;
  const say = document.body.dataset;
  // Decimal and thousands marks of the page's language: 1,234.5 in English, 1 234,5 in Russian and Kazakh.
  const english = page.lang.startsWith("en");
  const LEAST = 10;
  let given = 0;

  const number = (text) => {
    const found = text.replace(/\u2212/g, "-").match(/^\D{0,3}?(-?\d[\d.,\u00a0\u202f]*(?:e-?\d+)?)/);
    if (!found) return NaN;
    const digits = found[1].replace(/[\u00a0\u202f]/g, "");
    const value = parseFloat(english ? digits.replace(/,/g, "") : digits.replace(",", "."));
    return text.startsWith("<") ? value * (1 - 1e-9) - 1e-12 : value;
  };
  const plain = (words) => words.trim().replace(/\s+/g, " ").toLocaleLowerCase(page.lang);
  const text = (row, column) => (row.cells[column] ? row.cells[column].textContent.trim() : "");
  // What holds no number where numbers stand (a dash, the word for none) is last in either direction.
  const keys = (rows, column) => {
    const texts = rows.map((row) => text(row, column));
    const numbers = texts.map(number);
    const counted = texts.filter((t, i) => !Number.isNaN(numbers[i])).length;
    const told = texts.filter((t) => t !== "" && t !== "–").length;
    return counted > 0 && counted >= told / 2 ? numbers : texts;
  };
  const sort = (table, column, direction) => {
    const body = table.tBodies[0];
    const rows = [...body.rows];
    const values = keys(rows, column);
    const order = rows.map((_, i) => i);
    const last = (v) => v === "" || v === "–" || Number.isNaN(v);
    order.sort((i, j) => {
      const [a, b] = [values[i], values[j]];
      if (last(a) || last(b)) return last(a) - last(b) || i - j;
      const by = typeof a === "number" ? a - b : a.localeCompare(b, page.lang, { numeric: true });
      return direction * by || i - j;
    });
    body.append(...order.map((i) => rows[i]));
  };

  const sortable = (table) => {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      if (button.textContent.trim() === "") button.setAttribute("aria-label", say.sort);
      head.append(button);
      button.addEventListener("click", () => {
        const up = head.getAttribute("aria-sort") !== "ascending";
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        sort(table, column, up ? 1 : -1);
      });
    });
  };

  const filterable = (table, place) => {
    const rows = [...table.tBodies].flatMap((body) => [...body.rows]).filter((row) => !row.matches(".group"));
    if (!table.tHead || rows.length < LEAST) return;
    const box = document.createElement("p");
    const label = document.createElement("label");
    const field = document.createElement("input");
    const status = document.createElement("span");
    box.className = "filter";
    field.type = "search";
    field.id = `filter-${++given}`;
    label.htmlFor = field.id;
    label.textContent = say.filter;
    status.setAttribute("role", "status");
    box.append(label, field, status);
    place.before(box);
    field.addEventListener("input", () => {
      const wanted = plain(field.value);
      let shown = 0;
      for (const row of rows) {
        const group = row.parentElement.querySelector(".group");
        // A text stands in one cell, or in the heading above the row.
        const held = [...(group ? group.cells : []), ...row.cells].map((cell) => plain(cell.textContent));
        row.hidden = !held.some((each) => each.includes(wanted));
        shown += !row.hidden;
      }
      for (const body of table.tBodies) {
        const group = body.querySelector(".group");
        if (group) group.hidden = [...body.rows].every((row) => row === group || row.hidden);
      }
      status.textContent = wanted ? say.shown.replace("[k]", shown).replace("[n]", rows.length) : "";
    });
  };

  for (const table of document.querySelectorAll("main table")) {
    if (table.tHead && table.tBodies.length === 1 && table.tBodies[0].rows.length > 1) sortable(table);
    filterable(table, table.closest(".wide") || table);
  }

  // On paper everything is open; afterwards it is as the reader had it.
  let closed = [];
  window.addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    closed.forEach((one) => { one.open = true; });
  });
  window.addEventListener("afterprint", () => closed.forEach((one) => { one.open = false; }));
})();
