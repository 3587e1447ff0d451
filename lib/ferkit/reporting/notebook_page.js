// Unpacks and draws the figures when the page is loaded; without plotly.js a line stands in their place.
addEventListener("load", async () => {
  const { template, arrays } = await unpack(document.querySelector("main").dataset.shared);
  for (const place of document.querySelectorAll("[data-figure]")) {
    if (!window.Plotly) { place.textContent = "The figure needs plotly.js, which could not be fetched."; continue; }
    const { data, layout } = await unpack(place.dataset.figure, (key, value) =>
      key === "bdata" && typeof value === "number" ? arrays[value] : value);
    await Plotly.newPlot(place, data, { ...layout, template }, { responsive: !layout.width, displayModeBar: false });
  }
});
async function unpack(text, revive) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text(), revive);
}
