"use strict";
(() => {
  const root = document.documentElement;
  const css = (name) => getComputedStyle(root).getPropertyValue(name).trim();
  const isDark = () => root.dataset.theme ? root.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  const touch = matchMedia("(pointer: coarse)").matches;
  // The scales of ferkit.figures.style, and their versions for a dark page: the same ends, the middle near the page.
  const DARK = {
    sequential: [[0, "#1c232d"], [0.5, "#1f4f7d"], [1, "#2c7dc0"]],
    diverging: [[0, "#b5571f"], [0.5, "#1f262f"], [1, "#2c7dc0"]],
    intense: [[0, "#1c232d"], [0.25, "#1d4468"], [0.5, "#2b74ab"], [0.75, "#69ade0"], [1, "#dceefb"]],
  };
  const SIGNS = { circle: "●", square: "■", diamond: "◆", "triangle-up": "▲", x: "✕", cross: "✚", star: "★" };

  // The same few lines as ferkit.figures.style._domains, for the width at hand.
  function layPanels(layout, panels, width, margin) {
    const [gapX, gapY] = panels.gap, inner = width - margin.l - margin.r;
    const columns = Math.max(1, Math.min(panels.columns, panels.n, Math.floor((inner + gapX) / (panels.min_width + gapX))));
    const rows = Math.ceil(panels.n / columns);
    const wide = Math.min(panels.max_width, (inner - (columns - 1) * gapX) / columns);
    const tall = wide * panels.aspect, height = rows * tall + (rows - 1) * gapY;
    const left = (inner - columns * wide - (columns - 1) * gapX) / 2;
    for (let k = 0; k < panels.n; k++) {
      const number = k ? String(k + 1) : "", x0 = left + (k % columns) * (wide + gapX);
      const y1 = height - Math.floor(k / columns) * (tall + gapY);
      const clamp = (v) => Math.min(1, Math.max(0, v));
      (layout["xaxis" + number] ??= {}).domain = [clamp(x0 / inner), clamp((x0 + wide) / inner)];
      (layout["yaxis" + number] ??= {}).domain = [clamp((y1 - tall) / height), clamp(y1 / height)];
    }
    layout.height = height + margin.t + margin.b;
  }

  function themed(figure, width) {
    const layout = structuredClone(figure.layout), meta = layout.meta || {};
    delete layout.title;
    layout.width = width;
    layout.showlegend = false;
    layout.dragmode = touch ? false : "zoom";
    layout.font = { ...(layout.template?.layout?.font || {}), ...layout.font, color: css("--quiet") };
    layout.hoverlabel = { bgcolor: css("--card"), bordercolor: css("--line"), font: { color: css("--text") } };
    const margin = { l: 64, r: 24, t: 40, b: 56, ...(layout.template?.layout?.margin || {}), ...layout.margin };
    if (width < 560) { margin.l = Math.min(margin.l, meta.panels ? 76 : 56); margin.r = Math.min(margin.r, 70); }
    layout.margin = margin;
    if (!meta.panels && margin.b > 60) { layout.height -= margin.b - 60; margin.b = 60; }  // plotly's legend stood there
    if (meta.panels) layPanels(layout, meta.panels, width, margin);
    for (const note of layout.annotations || []) note.font = { ...note.font, color: css("--text"), ...(width < 420 ? { size: 11 } : {}) };
    if (layout.coloraxis && DARK[meta.scale] && isDark()) layout.coloraxis.colorscale = DARK[meta.scale];
    return layout;
  }

  const plots = [];
  function draw(plot) {
    const width = Math.floor(plot.box.clientWidth);
    if (!width || (plot.drawn === width + "" + isDark())) return;
    plot.drawn = width + "" + isDark();
    plot.figure ??= JSON.parse(document.getElementById(plot.box.dataset.figure).textContent);
    const config = { displayModeBar: false, responsive: false };
    for (const trace of plot.figure.data)
      if (trace.coloraxis && trace.textfont) trace.textfont = { ...trace.textfont, color: isDark() ? "#ffffff" : "#17202b" };
    Plotly.react(plot.box, plot.figure.data, themed(plot.figure, width), config).then(() => {
      plot.box.style.minHeight = "";
      plot.box.dataset.ready = "yes";
      if (!plot.legend) plot.legend = addLegend(plot);
    });
  }

  // plotly's own legend is neither reachable by keyboard nor narrow enough for a phone.
  function addLegend(plot) {
    const groups = new Map();
    plot.figure.data.forEach((trace, i) => {
      const key = trace.legendgroup || trace.name;
      if (!key) return;
      if (!groups.has(key)) groups.set(key, { trace: null, rows: [] });
      const group = groups.get(key);
      group.rows.push(i);
      if (trace.showlegend !== false && !group.trace) group.trace = trace;
    });
    const shown = [...groups.values()].filter((group) => group.trace);
    const legend = document.createElement("div");
    legend.className = "legend";
    if (shown.length < 2) return legend;
    for (const { trace, rows } of shown) {
      const button = document.createElement("button"), swatch = document.createElement("i");
      const bar = trace.type === "bar", colour = trace.line?.color || trace.marker?.color;
      swatch.style.borderColor = colour; swatch.style.color = colour;
      if (bar) { swatch.className = "block"; swatch.style.background = colour; }
      else {
        const dash = trace.line?.dash || "solid";
        swatch.className = (trace.mode || "").includes("lines") ? { dot: "dots", solid: "" }[dash] ?? "dashes" : "bare";
        const symbol = Array.isArray(trace.marker?.symbol) ? null : trace.marker?.symbol;
        if (symbol || swatch.className === "bare") swatch.append(Object.assign(document.createElement("b"),
          { textContent: symbol?.endsWith("-open") ? "◇○"[+!symbol.startsWith("diamond")] : SIGNS[symbol] || "●" }));
      }
      button.type = "button";
      button.setAttribute("aria-pressed", "true");
      button.append(swatch, trace.name);
      button.addEventListener("click", () => {
        const visible = button.getAttribute("aria-pressed") !== "true";
        button.setAttribute("aria-pressed", String(visible));
        for (const row of rows) plot.figure.data[row].visible = visible;
        Plotly.restyle(plot.box, { visible }, rows);
      });
      legend.append(button);
    }
    plot.box.after(legend);
    return legend;
  }

  const near = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) {
      near.unobserve(entry.target);
      draw(plots.find((plot) => plot.box === entry.target));
    }
  }, { rootMargin: "600px" });
  for (const box of document.querySelectorAll(".plot")) { plots.push({ box }); near.observe(box); }

  let waiting;
  const redraw = () => { clearTimeout(waiting); waiting = setTimeout(() => plots.filter((p) => p.drawn).forEach(draw), 120); };
  addEventListener("resize", redraw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  let theme;
  addEventListener("beforeprint", () => {  // paper is white: figures are drawn for it
    theme = root.dataset.theme;
    root.dataset.theme = "light";
    document.querySelectorAll("details").forEach((part) => { part.open = true; });
    plots.forEach(draw);
  });
  addEventListener("afterprint", () => {
    if (theme) root.dataset.theme = theme; else delete root.dataset.theme;
    redraw();
  });

  document.querySelector(".theme")?.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    redraw();
  });

  for (const tally of document.querySelectorAll(".tally")) {
    const rows = document.querySelectorAll("#" + tally.dataset.of + " tbody tr");
    const folded = document.querySelectorAll("#" + tally.dataset.of + " > details");
    tally.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      const verdict = button.getAttribute("aria-pressed") === "true" ? "" : button.dataset.verdict;
      for (const other of tally.querySelectorAll("button"))
        other.setAttribute("aria-pressed", String(other === button && Boolean(verdict)));
      for (const part of folded)
        part.open = Boolean(verdict) && Boolean(part.querySelector(`tr[data-verdict~="${verdict}"]`));
      for (const row of rows) row.hidden = Boolean(verdict) && !row.dataset.verdict.split(" ").includes(verdict);
    });
  }
})();
