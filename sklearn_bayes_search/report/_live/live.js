"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const { make, draw, listen, setTips } = charts;
  const SECTIONS = ["tiles", "best", "running", "advice", "failures", "tables"];
  const FIGURES = {
    progress: "Score of each candidate",
    parallel: "What goes together",
    importance: "Which hyperparameters matter",
    timeline: "When the latest fits ran",
  };
  // text of what is shown, by the id of its place: only what differs is changed
  const known = new Map();
  const differs = (id, text) => known.get(id) !== text && (known.set(id, text), true);

  const controlsOf = (index, id) => {
    const row = make("p", "");
    row.className = "controls";
    row.id = `${id}-controls`;
    const button = (name, text) => {
      const made = make("button", text);
      made.type = "button";
      made.className = name;
      return made;
    };
    const pause = button("pause", "Pause"), stop = button("stop", "Stop");
    pause.addEventListener("click", () => {
      send(index, state.searches[index].controls.paused ? "go-on" : "pause");
    });
    stop.addEventListener("click", () => send(index, "stop"));
    const told = make("span", "");
    told.className = "hint";
    told.setAttribute("role", "status");
    row.append(pause, " ", stop, " ", told);
    return row;
  };
  const showControls = (id, controls) => {
    const row = byId(`${id}-controls`), idle = Boolean(controls.stopping || controls.ended || controls.why_not);
    row.querySelector(".stop").disabled = idle;
    row.querySelector(".pause").disabled = idle;
    row.querySelector(".pause").textContent = controls.paused ? "Go on" : "Pause";
    tell(row.querySelector(".hint"), words(controls));
  };

  const place = (index) => {
    const id = `search-${index}`;
    if (byId(id)) return id;
    const article = make("article", "");
    article.id = id;
    article.append(make("h2", ""), controlsOf(index, id));
    const section = make("section", "");
    for (const name of ["tiles", "best", "running"]) {
      const part = make("div", "");
      part.id = `${id}-${name}`;
      section.append(part);
    }
    article.append(section);
    const charted = make("section", "");
    for (const [name, heading] of Object.entries(FIGURES)) {
      const figure = make("figure", "");
      figure.hidden = true;
      const caption = make("figcaption", "");
      const keys = make("p", "");
      keys.className = "keys";
      caption.append(make("h3", heading), keys);
      const box = make("div", "");
      box.className = "scroll";
      const chart = make("div", "");
      chart.id = `${id}-chart-${name}`;
      chart.className = "chart";
      box.append(chart);
      figure.append(caption, box);
      charted.append(figure);
    }
    article.append(charted);
    for (const name of ["advice", "failures", "tables"]) {
      const part = make("section", "");
      part.id = `${id}-${name}`;
      part.hidden = true;
      article.append(part);
    }
    byId("searches").append(article);
    return id;
  };

  const showFigure = (id, figure) => {
    const chart = byId(id), box = chart.closest("figure");
    box.hidden = false;
    const keys = box.querySelector(".keys");
    keys.replaceChildren(...figure.keys.map(([kind, label]) => {
      const key = make("span", "");
      const mark = make("i", "");
      mark.className = kind;
      key.append(mark, label);
      return key;
    }));
    chart.style.height = `${figure.layout.height}px`;
    if (figure.least) chart.style.minWidth = `${figure.least}px`;
    const first = !chart.data;
    draw({ [id]: figure });
    if (first) listen(id);
  };

  let state = null, wait = 1000;
  const redraw = () => {
    if (!state) return;
    state.searches.forEach((search, index) => {
      const id = `search-${index}`;
      for (const [name, figure] of Object.entries(search.figures)) {
        showFigure(`${id}-chart-${name}`, figure);
      }
    });
  };

  const show = () => {
    byId("searches").classList.toggle("several", state.searches.length > 1);
    setTips((id) => state.searches[Number(id.split("-")[1])].tips);
    state.searches.forEach((search, index) => {
      const id = place(index);
      byId(id).firstElementChild.textContent = search.title;
      showControls(id, search.controls);
      for (const name of SECTIONS) {
        const part = byId(`${id}-${name}`), html = search.sections[name] || "";
        if (differs(part.id, html)) {
          part.innerHTML = html; // escaped by the template
          part.hidden = !html.trim();
        }
      }
      for (const [name, figure] of Object.entries(search.figures)) {
        const chart = `${id}-chart-${name}`;
        if (differs(chart, JSON.stringify(figure))) showFigure(chart, figure);
      }
    });
  };

  const tell = (place, text) => { if (place.textContent !== text) place.textContent = text; };
  const say = (text) => tell(byId("state"), text);
  const words = (controls) => {
    if (controls.why_not) return controls.why_not;
    if (controls.ended) return "The search has ended.";
    if (controls.stopping) return "The search stops as soon as the candidates in progress have ended.";
    if (controls.paused) return "Paused: fits that have begun go on, none is begun.";
    return "The search is running.";
  };

  const update = async () => {
    try {
      const version = state ? state.version : "";
      const answer = await fetch(`state?known=${encodeURIComponent(version)}`, { cache: "no-store" });
      if (!answer.ok) throw new Error(`${answer.status}`);
      const next = await answer.json();
      wait = next.wait;
      if (next.version !== version) {
        state = next;
        show();
      }
      const over = state.searches.every(({ controls }) => controls.ended);
      say(over ? "All results are in" : "Results as they come in");
      document.documentElement.dataset.ready = "yes";
    } catch (error) {
      say("The page has lost its search: the process that served it is gone.");
    }
    setTimeout(update, wait);
  };
  const send = async (index, what) => {
    const answer = await fetch(`${index}/${what}`, { method: "POST", headers: { "X-Live-Page": "1" } });
    const why = await answer.text();
    if (why) tell(byId(`search-${index}-controls`).querySelector(".hint"), why);
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  update();
})();
