// The restricted page: a click (or Enter) on a mark of a figure lists the precincts that it counts.
(() => {
  "use strict";
  const held = document.getElementById("precincts");
  if (!held) return;
  const data = JSON.parse(held.textContent);
  const say = { ...document.body.dataset, ...held.dataset };
  const lang = document.documentElement.lang;
  const AT_ONCE = 200;
  // Pixels from a mark within which a click still means it.
  const NEAR = 8;
  const drawing = "http://www.w3.org/2000/svg";
  const collator = new Intl.Collator(lang, { numeric: true });
  const spell = (value) => value.toLocaleString(lang, { maximumFractionDigits: 3 });
  const made = (tag, properties = {}, ...children) => {
    const one = Object.assign(document.createElement(tag), properties);
    one.append(...children);
    return one;
  };

  const columns = data.columns.map((column) => ({
    name: column.name,
    numeric: Boolean(column.numbers),
    value: column.numbers
      ? (row) => column.numbers[row]
      : column.text
        ? (row) => column.text[row]
        : (row) => (column.codes[row] < 0 ? "" : column.names[column.codes[row]]),
  }));
  const shown = (column, row) => {
    const value = column.value(row);
    return value === null || value === "" ? "–" : column.numeric ? spell(value) : value;
  };

  // The one list of the page; it stands below the figure that was clicked.
  const list = (() => {
    let all = [], rows = [], drawn = 0;
    const caption = made("caption");
    const heads = columns.map((column) => made("th", { scope: "col", className: column.numeric ? "number" : "" }));
    const body = made("tbody");
    const table = made("table", {}, caption, made("thead", {}, made("tr", {}, ...heads)), body);
    const wide = made("div", { className: "wide", tabIndex: 0 }, table);
    wide.setAttribute("role", "region");
    const field = made("input", { type: "search", id: "filter-precincts" });
    const label = made("label", { htmlFor: field.id, textContent: say.filter });
    const status = made("span");
    status.setAttribute("role", "status");
    const more = made("button", { type: "button", className: "more", textContent: say.more });
    const whole = made("section", { id: "behind", className: "table" },
      made("p", { className: "filter" }, label, field, status), wide, more);

    const draw = () => {
      const cell = (column, row, i) => {
        const one = made(i ? "td" : "th", { className: column.numeric ? "number" : "", textContent: shown(column, row) });
        if (!i) one.scope = "row";
        return one;
      };
      const next = rows.slice(drawn, drawn + AT_ONCE).map((row) =>
        made("tr", {}, ...columns.map((column, i) => cell(column, row, i))));
      body.append(...next);
      drawn += next.length;
      more.hidden = drawn >= rows.length;
      status.textContent = say.shown.replace("[k]", spell(drawn)).replace("[n]", spell(all.length));
    };
    const afresh = () => { body.replaceChildren(); drawn = 0; draw(); };
    const filter = () => {
      const wanted = field.value.trim().replace(/\s+/g, " ").toLocaleLowerCase(lang);
      rows = !wanted ? all : all.filter((row) =>
        columns.some((column) => shown(column, row).toLocaleLowerCase(lang).includes(wanted)));
      afresh();
    };
    heads.forEach((head, i) => {
      const button = made("button", { type: "button", textContent: columns[i].name });
      head.append(button);
      button.addEventListener("click", () => {
        const sign = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
        const { value, numeric } = columns[i];
        const none = (v) => v === null || v === "";
        const order = (a, b) => none(a) || none(b) ? none(a) - none(b)
          : sign * (numeric ? a - b : collator.compare(a, b));
        all.sort((a, b) => order(value(a), value(b)) || a - b);
        filter();
      });
    });
    field.addEventListener("input", filter);
    more.addEventListener("click", draw);

    return (place, title, chosen) => {
      all = chosen;
      field.value = "";
      heads.forEach((head) => head.removeAttribute("aria-sort"));
      caption.textContent = title;
      wide.setAttribute("aria-label", title);
      place.after(whole);
      filter();
    };
  })();

  const pickable = (figure, marks) => {
    const { box, x: [left, right], y: [bottom, top] } = marks.place;
    const k = marks.x.length;
    const counts = new Array(k).fill(0);
    for (const mark of marks.of) if (mark >= 0) counts[mark] += 1;
    const there = [...counts.keys()].filter((mark) => counts[mark] > 0);
    const across = (value) => box[0] + (box[2] * (value - left)) / (right - left);
    const down = (value) => box[1] + (box[3] * (top - value)) / (top - bottom);
    const edges = (mark) => {
      const low = marks.x[mark] + marks.shift;
      const [x0, x1] = [across(low), across(low + marks.width)];
      return marks.y
        ? [x0, down(marks.y[mark] + marks.width), x1, down(marks.y[mark])]
        : [x0, box[1], x1, box[1] + box[3]];
    };
    const text = (mark) => {
      const high = (value) => Math.min(100, value + marks.width);
      const said = { low: marks.x[mark], high: high(marks.x[mark]), n: counts[mark] };
      if (marks.y) Object.assign(said, { below: marks.y[mark], above: high(marks.y[mark]) });
      return Object.entries(said).reduce((line, [name, value]) => line.replace(`[${name}]`, spell(value)), marks.say);
    };

    const frame = document.createElementNS(drawing, "svg");
    const chosen = document.createElementNS(drawing, "rect");
    frame.setAttribute("viewBox", "0 0 1 1");
    frame.setAttribute("preserveAspectRatio", "none");
    frame.setAttribute("aria-hidden", "true");
    frame.append(chosen);
    // What is read aloud: one option at a time, the mark that is chosen.
    const option = made("span", { id: `mark-${figure.dataset.marks}` });
    option.setAttribute("role", "option");
    const layer = made("div", { className: "marks", tabIndex: 0 }, frame, option);
    layer.setAttribute("role", "listbox");
    layer.setAttribute("aria-label", `${say.marks}: ${figure.dataset.title}`);
    figure.querySelector(".picture").append(layer);
    const told = made("p", { className: "note told" });
    figure.append(told);

    let at = -1;
    const choose = (mark) => {
      at = mark;
      if (mark < 0) return;
      const [x0, y0, x1, y1] = edges(mark);
      chosen.setAttribute("x", x0);
      chosen.setAttribute("y", y0);
      chosen.setAttribute("width", x1 - x0);
      chosen.setAttribute("height", y1 - y0);
      option.textContent = told.textContent = text(mark);
      option.setAttribute("aria-selected", "true");
      option.setAttribute("aria-setsize", there.length);
      option.setAttribute("aria-posinset", there.indexOf(mark) + 1);
      layer.setAttribute("aria-activedescendant", option.id);
    };
    const show = () => {
      if (at < 0) return;
      const rows = [];
      marks.of.forEach((mark, row) => { if (mark === at) rows.push(row); });
      list(figure, text(at), rows);
    };
    // The mark under the pointer, or the nearest one; empty classes have nothing to show.
    const under = (event) => {
      const size = layer.getBoundingClientRect();
      const [x, y] = [event.clientX - size.left, event.clientY - size.top];
      let best = -1, least = NEAR;
      for (const mark of there) {
        const [x0, y0, x1, y1] = edges(mark);
        const far = Math.hypot(
          Math.max(x0 * size.width - x, x - x1 * size.width, 0),
          Math.max(y0 * size.height - y, y - y1 * size.height, 0));
        if (far < least) [best, least] = [mark, far];
      }
      return best;
    };
    const step = (mark, key) => {
      const place = there.indexOf(mark);
      if (key === "Home" || place < 0) return there[0];
      if (key === "End") return there[there.length - 1];
      if (!marks.y) return there[place + (key === "ArrowRight" || key === "ArrowUp" ? 1 : -1)] ?? mark;
      const [along, other] = key === "ArrowLeft" || key === "ArrowRight" ? [marks.x, marks.y] : [marks.y, marks.x];
      const sign = key === "ArrowRight" || key === "ArrowUp" ? 1 : -1;
      let best = mark, least = Infinity;
      for (const next of there) {
        const ahead = sign * (along[next] - along[mark]);
        const far = ahead + 10 * Math.abs(other[next] - other[mark]);
        if (ahead > 1e-9 && far < least) [best, least] = [next, far];
      }
      return best;
    };
    layer.addEventListener("pointermove", (event) => {
      const mark = under(event);
      if (mark >= 0 && mark !== at) choose(mark);
    });
    layer.addEventListener("click", (event) => {
      const mark = under(event);
      if (mark < 0) return;
      choose(mark);
      show();
    });
    layer.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") show();
      else if (/^(Arrow|Home$|End$)/.test(event.key)) choose(step(at, event.key));
      else return;
      event.preventDefault();
    });
    layer.addEventListener("focus", () => { if (at < 0 && there.length) choose(there[0]); });
  };

  for (const figure of document.querySelectorAll("figure[data-marks]")) {
    pickable(figure, data.figures[figure.dataset.marks]);
  }
})();
