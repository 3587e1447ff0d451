// Unpacks the code and draws the figures when the page is loaded; without plotly.js a line stands in their place.
addEventListener("load", async () => {
  const whole = await unpack(document.querySelector("main").dataset.figures);
  const end = 4 + new DataView(whole.buffer).getUint32(0, true);
  const text = new TextDecoder().decode(whole.subarray(4, end));
  const arrays = [];
  let start = end;
  for (const length of JSON.parse(text).lengths)
    arrays.push(btoa(Array.from(whole.subarray(start, start += length), (byte) => String.fromCharCode(byte)).join("")));
  const { template, code, figures } = JSON.parse(text, (key, value) =>
    key === "bdata" && typeof value === "number" ? arrays[value] : value);
  for (const place of document.querySelectorAll("[data-code]")) place.textContent = code[place.dataset.code];
  for (const place of document.querySelectorAll("[data-figure]")) {
    if (!window.Plotly) { place.textContent = "The figure needs plotly.js, which could not be fetched."; continue; }
    const { data, layout } = figures[place.dataset.figure];
    const named = data.filter((trace) => trace.name && trace.showlegend !== false).length;
    const more = !layout.width && place.clientWidth < 560 && named > 2 ? 20 * named : 0;  // a legend of many lines
    await Plotly.newPlot(place, data, { ...layout, template, height: (layout.height ?? 450) + more },
      { responsive: !layout.width, displayModeBar: false });
  }
});
async function unpack(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
