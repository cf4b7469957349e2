"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const read = (id) => JSON.parse(byId(id).textContent);
  const candidates = read("candidates");
  const table = byId("table");
  const body = table.tBodies[0];

  // ---- the table: numbers before texts, empty cells last in either order
  const compare = (a, b) => {
    const x = Number(a), y = Number(b);
    if (!Number.isNaN(x) && !Number.isNaN(y)) return x - y;
    if (Number.isNaN(x) !== Number.isNaN(y)) return Number.isNaN(x) ? 1 : -1;
    return a.localeCompare(b);
  };
  const sortBy = (head) => {
    const column = head.cellIndex;
    // scores are first of interest where they are high
    const first = head.textContent === "Score" ? "descending" : "ascending";
    const other = first === "ascending" ? "descending" : "ascending";
    const order = head.getAttribute("aria-sort") === first ? other : first;
    const sign = order === "ascending" ? 1 : -1;
    const rows = [...body.rows].map((row) => [row.cells[column].dataset.v, row]);
    rows.sort(([a], [b]) => {
      if (a === "" || b === "") return (a === "") - (b === "");
      return sign * compare(a, b);
    });
    for (const each of head.parentNode.cells) each.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", order);
    body.append(...rows.map(([, row]) => row));
  };
  for (const head of table.tHead.rows[0].cells) {
    head.firstElementChild.addEventListener("click", () => sortBy(head));
  }

  // ---- what is shown under the pointer: texts only, never HTML
  const tip = byId("tip");
  const make = (name, text) => {
    const element = document.createElement(name);
    element.textContent = text;
    return element;
  };
  const hide = () => { tip.hidden = true; };
  const show = (event, point) => {
    const [number, note, name] = point.customdata || [];
    if (number === undefined) return;
    const parts = [];
    if (number === null) {
      parts.push(make("b", name), make("p", note));
    } else {
      const [title, params] = candidates[number];
      parts.push(make("b", title));
      if (note) parts.push(make("p", note));
      const list = document.createElement("dl");
      for (const [key, value] of params) list.append(make("dt", key), make("dd", value));
      parts.push(list);
    }
    tip.replaceChildren(...parts);
    tip.hidden = false;
    const { clientX: x, clientY: y } = event.changedTouches ? event.changedTouches[0] : event;
    const left = x + 16 + tip.offsetWidth > innerWidth ? x - 16 - tip.offsetWidth : x + 16;
    const top = Math.min(y + 12, innerHeight - tip.offsetHeight - 8);
    const most = document.documentElement.clientWidth - tip.offsetWidth - 8;
    tip.style.left = `${Math.min(Math.max(left, 8), Math.max(most, 8))}px`;
    tip.style.top = `${Math.max(top, 8)}px`;
  };
  addEventListener("scroll", hide, { passive: true });
  addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });

  const goTo = (number) => {
    const row = byId(`candidate-${number}`);
    if (!row) return;
    for (const each of body.querySelectorAll(".shown")) each.classList.remove("shown");
    row.classList.add("shown");
    row.scrollIntoView({ block: "center" });
  };

  // in the frame of a notebook, links would lead to a place of the notebook
  const stay = (link) => link.addEventListener("click", (event) => {
    event.preventDefault();
    byId(link.getAttribute("href").slice(1)).scrollIntoView();
  });
  if (location.protocol === "about:") document.querySelectorAll('a[href^="#"]').forEach(stay);

  // ---- the charts: plotly is packed, and is unpacked by the browser
  const unpack = async () => {
    const text = atob(byId("plotly").textContent.trim());
    const bytes = Uint8Array.from(text, (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const script = document.createElement("script");
    script.textContent = await new Response(stream).text();
    document.head.append(script);
    if (!window.Plotly) throw new Error("plotly did not start");
  };
  const colours = () => {
    const style = getComputedStyle(document.documentElement);
    const known = new Map();
    return (name) => {
      if (!known.has(name)) known.set(name, style.getPropertyValue(`--${name}`).trim());
      return known.get(name);
    };
  };
  // a colour stands only where plotly expects one; texts of the user stay as they are
  const themed = (value, colour, key = "") => {
    if (Array.isArray(value)) return value.map((each) => themed(each, colour, key));
    if (value && typeof value === "object") {
      return Object.fromEntries(
        Object.entries(value).map(([k, v]) => [k, themed(v, colour, k)]),
      );
    }
    const isColour = /color$/.test(key) && typeof value === "string" && value[0] === "@";
    return isColour ? colour(value.slice(1)) : value;
  };
  const draw = (figures) => {
    const colour = colours();
    const font = { family: getComputedStyle(document.body).fontFamily, size: 12, color: colour("ink") };
    for (const [id, figure] of Object.entries(figures)) {
      const { data, layout } = themed(figure, colour);
      Plotly.react(byId(id), data, { font, ...layout }, {
        responsive: true, displayModeBar: false, scrollZoom: false, doubleClick: false,
      });
    }
  };
  // the last trace of the parallel axes is the line under the pointer
  const highlight = (chart, number) => {
    const last = chart.data.length - 1;
    const x = [], y = [];
    if (number === undefined) return Plotly.restyle(chart, { x: [x], y: [y] }, [last]);
    for (const trace of chart.data.slice(0, last)) {
      (trace.customdata || []).forEach((data, i) => {
        if (data && data[0] === number) { x.push(trace.x[i]); y.push(trace.y[i]); }
      });
      if (x.length) break;
    }
    return Plotly.restyle(chart, { x: [x], y: [y] }, [last]);
  };
  const listen = (id) => {
    const chart = byId(id);
    let number;
    chart.on("plotly_hover", ({ event, points }) => {
      show(event, points[0]);
      const hovered = points[0].customdata && points[0].customdata[0];
      if (id === "chart-parallel" && hovered !== number) {
        number = hovered;
        highlight(chart, number);
      }
    });
    chart.on("plotly_unhover", () => {
      hide();
      if (id === "chart-parallel") highlight(chart, (number = undefined));
    });
    chart.on("plotly_click", ({ event, points }) => {
      const clicked = points[0].customdata && points[0].customdata[0];
      // a finger has no other way to see the parameters
      if (matchMedia("(hover: none)").matches) show(event, points[0]);
      else if (Number.isInteger(clicked)) { hide(); goTo(clicked); }
    });
  };
  const tellSideways = () => {
    for (const hint of document.querySelectorAll(".sideways")) {
      const box = hint.parentElement;
      hint.hidden = box.scrollWidth <= box.clientWidth + 1;
    }
  };
  const start = async () => {
    const figures = read("figures");
    const note = byId("no-charts");
    if (!note) return;
    try {
      await unpack();
    } catch (error) {
      console.warn(error);
      return;
    }
    note.remove();
    draw(figures);
    Object.keys(figures).forEach(listen);
    tellSideways();
    addEventListener("resize", tellSideways);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => draw(figures));
    document.documentElement.dataset.ready = "yes";
  };
  start();
})();
