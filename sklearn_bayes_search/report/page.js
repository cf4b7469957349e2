(() => {
  const byId = (id) => document.getElementById(id);
  const read = (id) => JSON.parse(byId(id).textContent);
  const { hide, draw, listen, setTips } = charts;
  const candidates = read("candidates");
  setTips(() => candidates);
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

  // ---- what if: the scores of all combinations are in the page
  const panel = byId("what-if");
  if (panel) {
    const { texts, scores } = read("what-if-scores");
    const sliders = [...panel.querySelectorAll("input")];
    const answer = panel.querySelector(".answer");
    const tell = () => {
      let at = 0;
      sliders.forEach((slider, i) => {
        const text = texts[i][slider.value];
        slider.nextElementSibling.value = text;
        slider.setAttribute("aria-valuetext", text);
        at = at * texts[i].length + Number(slider.value);
      });
      answer.value = scores[at]
        ? `A mean of about ${scores[at][0]} on these folds; 95 % sure of ${scores[at][1]} to ${scores[at][2]}.`
        : "No candidate is near: the score is unknown.";
    };
    panel.addEventListener("input", tell);
    panel.hidden = false;
    tell();
  }

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
    for (const id of Object.keys(figures)) listen(id, goTo);
    tellSideways();
    addEventListener("resize", tellSideways);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => draw(figures));
    document.documentElement.dataset.ready = "yes";
  };
  start();
})();
