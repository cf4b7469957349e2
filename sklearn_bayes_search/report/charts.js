"use strict";
// What draws charts and tells of what is under the pointer, on each page.
const charts = (() => {
  const byId = (id) => document.getElementById(id);

  // ---- what is shown under the pointer: texts only, never HTML
  const tip = byId("tip");
  let tips = () => [];
  const setTips = (of) => { tips = of; };
  const make = (name, text) => {
    const element = document.createElement(name);
    element.textContent = text;
    return element;
  };
  const hide = () => { tip.hidden = true; };
  const show = (event, point, chart) => {
    const [number, note, name] = point.customdata || [];
    if (number === undefined) return;
    const parts = [];
    if (number === null) {
      parts.push(make("b", name), make("p", note));
    } else {
      const [title, params] = tips(chart)[number];
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

  // ---- charts
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
  const listen = (id, goTo = () => {}) => {
    const chart = byId(id), isParallel = id.endsWith("chart-parallel");
    let number;
    chart.on("plotly_hover", ({ event, points }) => {
      show(event, points[0], id);
      const hovered = points[0].customdata && points[0].customdata[0];
      if (isParallel && hovered !== number) {
        number = hovered;
        highlight(chart, number);
      }
    });
    chart.on("plotly_unhover", () => {
      hide();
      if (isParallel) highlight(chart, (number = undefined));
    });
    chart.on("plotly_click", ({ event, points }) => {
      const clicked = points[0].customdata && points[0].customdata[0];
      // a finger has no other way to see the parameters
      if (matchMedia("(hover: none)").matches) show(event, points[0], id);
      else if (Number.isInteger(clicked)) { hide(); goTo(clicked); }
    });
  };
  return { make, hide, draw, listen, setTips };
})();
