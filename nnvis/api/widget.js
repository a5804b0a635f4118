// A layer of a network in a notebook: every unit as a tile, one of them selected.
// Everything shown comes as bytes and text from Python; nothing is fetched, and text stays text.

const STYLE = `
  .nnvis { font: 13px system-ui, sans-serif; display: flex; gap: 14px; flex-wrap: wrap; }
  .nnvis .board { position: relative; max-width: 720px; flex: 1 1 320px; }
  .nnvis .board img { width: 100%; display: block; image-rendering: pixelated; cursor: pointer; }
  .nnvis .mark { position: absolute; box-sizing: border-box; border: 2px solid #fff;
    outline: 1px solid #000; pointer-events: none; }
  .nnvis .side { width: 230px; display: flex; flex-direction: column; gap: 6px; }
  .nnvis .side img { width: 100%; image-rendering: auto; }
  .nnvis .problem { color: #b3261e; }
  .nnvis .bar { height: 4px; background: #4ea8f5; }
`;

function element(tag, name, parent) {
  const made = document.createElement(tag);
  made.className = name;
  parent.appendChild(made);
  return made;
}

function picture(image, value, kept) {
  if (kept.url) URL.revokeObjectURL(kept.url);
  kept.url = URL.createObjectURL(new Blob([value], { type: "image/png" }));
  image.src = kept.url;
}

function render({ model, el }) {
  const style = element("style", "", el);
  style.textContent = STYLE;
  const root = element("div", "nnvis", el);
  const left = element("div", "board-and-scale", root);
  left.style.flex = "1 1 320px";
  const board = element("div", "board", left);
  const sheet = element("img", "sheet", board);
  sheet.alt = "every unit of the layer";
  const mark = element("div", "mark", board);
  const scale = element("div", "scale", left);
  const side = element("div", "side", root);
  const layer = element("select", "layer", side);
  layer.setAttribute("aria-label", "layer");
  const overlay = element("img", "overlay", side);
  overlay.alt = "the unit's map over the picture";
  const about = element("div", "about", side);
  const classes = element("div", "classes", side);
  const problem = element("div", "problem", side);
  const kept = { sheet: {}, overlay: {} };

  const size = () => {
    const tiles = model.get("tiles");
    return {
      tiles,
      width: tiles.cols * (tiles.width + tiles.gap) - tiles.gap,
      height: tiles.rows * (tiles.height + tiles.gap) - tiles.gap,
    };
  };

  const drawMark = () => {
    const { tiles, width, height } = size();
    const unit = model.get("unit");
    const left = (unit % tiles.cols) * (tiles.width + tiles.gap);
    const top = Math.floor(unit / tiles.cols) * (tiles.height + tiles.gap);
    mark.style.left = `${(100 * left) / width}%`;
    mark.style.top = `${(100 * top) / height}%`;
    mark.style.width = `${(100 * tiles.width) / width}%`;
    mark.style.height = `${(100 * tiles.height) / height}%`;
  };

  const drawLayers = () => {
    layer.replaceChildren();
    for (const name of model.get("layers")) {
      const option = element("option", "", layer);
      option.value = name;
      option.textContent = name;
    }
    layer.value = model.get("layer");
  };

  const drawClasses = () => {
    classes.replaceChildren();
    for (const [label, probability] of model.get("classes")) {
      element("div", "label", classes).textContent = `${(100 * probability).toFixed(1)} % ${label}`;
      element("div", "bar", classes).style.width = `${100 * probability}%`;
    }
  };

  const writes = {
    sheet: () => picture(sheet, model.get("sheet"), kept.sheet),
    overlay: () => picture(overlay, model.get("overlay"), kept.overlay),
    scale: () => (scale.textContent = model.get("scale")),
    about: () => (about.textContent = model.get("about")),
    problem: () => (problem.textContent = model.get("problem")),
    classes: drawClasses,
    layers: drawLayers,
    layer: () => (layer.value = model.get("layer")),
    tiles: drawMark,
    unit: drawMark,
  };
  for (const [name, write] of Object.entries(writes)) {
    model.on(`change:${name}`, write);
    write();
  }

  layer.addEventListener("change", () => {
    model.set("layer", layer.value);
    model.save_changes();
  });
  sheet.addEventListener("click", (event) => {
    const { tiles, width, height } = size();
    const box = sheet.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * width;
    const y = ((event.clientY - box.top) / box.height) * height;
    const unit =
      Math.floor(y / (tiles.height + tiles.gap)) * tiles.cols +
      Math.floor(x / (tiles.width + tiles.gap));
    if (unit >= 0 && unit < tiles.count) {
      model.set("unit", unit);
      model.save_changes();
    }
  });

  return () => {
    for (const one of Object.values(kept)) if (one.url) URL.revokeObjectURL(one.url);
    for (const [name, write] of Object.entries(writes)) model.off(`change:${name}`, write);
  };
}

export default { render };
