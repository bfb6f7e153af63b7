// The view that turns: particles as spheres, the cell, and an arrow for each large displacement of the chosen mode.
"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const LONGEST = 2; // a0: length of the longest arrow
  const STEP = 5; // degrees for each press of a key
  const PALE = 0.7; // share of white in the colour of the farthest particles
  const SCALE = { 2: { near: 0.85, far: 0.6 }, 3: { near: 0.42, far: 0.13 } }; // of the radius ½ λ_ii

  const scene = JSON.parse(byId("scene").textContent);
  const fractions = new Uint16Array(bytes(scene.fractions).buffer);
  const species = bytes(scene.species);
  const radii = bytes(scene.radii);
  const d = scene.dimension;
  const flat = d === 2;

  const viewer = started();
  if (!viewer) {
    byId("why").hidden = false;
    return;
  }
  const view = byId("view"), which = byId("which"), far = byId("far");
  let first = null; // the view that 0 brings back
  view.viewer = viewer; // for scripts of other people

  draw(true);
  if (which) which.addEventListener("change", () => draw(false));
  far.addEventListener("change", () => draw(false));
  byId("larger").addEventListener("click", () => zoomed(1.2));
  byId("smaller").addEventListener("click", () => zoomed(1 / 1.2));
  byId("again").addEventListener("click", back);
  window.addEventListener("resize", resized);
  view.addEventListener("keydown", pressed);
  view.addEventListener("mousedown", () => view.focus({ preventScroll: true }), true);
  // a wheel over a view that nobody selected scrolls the page
  view.addEventListener("wheel", (e) => { if (document.activeElement !== view) e.stopImmediatePropagation(); }, true);

  function bytes(text) {
    return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  }

  function started() {
    try {
      const tried = document.createElement("canvas");
      if (!(tried.getContext("webgl2") || tried.getContext("webgl"))) return null;
      document.documentElement.classList.add("alive"); // the view has its size from here on
      const made = $3Dmol.createViewer(byId("view"), { backgroundColor: "white", orthographic: flat, antialias: true });
      if (!made) throw new Error("no viewer");
      made.getCanvas().setAttribute("aria-hidden", "true"); // what it shows is told beside it
      return made;
    } catch {
      document.documentElement.classList.remove("alive");
      return null;
    }
  }

  function place(f) { // of fractional coordinates
    const x = [0, 0, 0];
    for (let k = 0; k < d; k++) for (let m = 0; m < d; m++) x[m] += f[k] * scene.cell[k][m];
    return x;
  }

  function draw(anew) {
    const shown = scene.displacements.length ? scene.displacements[which ? +which.value : 0] : null;
    const core = shown ? shown.core : new Array(d).fill(0.5);
    const at = [], distance = [];
    for (let i = 0; i < species.length; i++) {
      const f = [];
      for (let k = 0; k < d; k++) {
        const x = fractions[i * d + k] / 65535 - core[k];
        f.push(x - Math.round(x));
      }
      const x = place(f);
      at.push(x);
      distance.push(Math.hypot(...x));
    }
    viewer.removeAllModels();
    viewer.removeAllShapes();
    box();
    spheres(at, distance, shown);
    if (shown) arrows(at, shown);
    if (anew) {
      viewer.zoomTo();
      if (!flat) { viewer.rotate(-25, "y"); viewer.rotate(15, "x"); }
      fill();
      first = viewer.getView();
    }
    viewer.render();
    told(shown);
  }

  function spheres(at, distance, shown) {
    const reach = Math.max(...distance);
    const near = shown ? Math.min(Math.max(2.5 * shown.size, 2 * scene.spacing), 0.4 * reach) : reach;
    const scale = shown ? SCALE[d] : { near: flat ? 0.8 : 0.5, far: flat ? 0.8 : 0.5 };
    const atoms = [];
    for (let i = 0; i < at.length; i++) {
      if (!far.checked && distance[i] > near) continue;
      const t = shown ? 1 - Math.exp(-Math.max(distance[i] - 0.6 * near, 0) / (0.7 * near)) : 0; // 0 in the core, 1 far from it
      const radius = (radii[i] / 255) * scene.largest * (scale.near + (scale.far - scale.near) * t);
      const [x, y, z] = at[i];
      atoms.push({ elem: "C", hetflag: true, x, y, z, style: { sphere: { radius, color: pale(scene.colours[species[i] % scene.colours.length], PALE * t) } } });
    }
    viewer.addModel().addAtoms(atoms);
  }

  function fill() { // the view with the cell
    const canvas = viewer.getCanvas(), corners = cellCorners().map(([x, y, z]) => ({ x, y, z }));
    const edge = canvas.getBoundingClientRect();
    const middle = { x: edge.left + scrollX + edge.width / 2, y: edge.top + scrollY + edge.height / 2 };
    for (let turn = 0; turn < 4; turn++) { // in perspective what comes nearer grows
      viewer.render();
      const at = viewer.modelToScreen(corners);
      const wide = 2 * Math.max(...at.map((p) => Math.abs(p.x - middle.x))); // the nearest corner reaches farthest
      const high = 2 * Math.max(...at.map((p) => Math.abs(p.y - middle.y)));
      viewer.zoom(0.94 * Math.min(canvas.clientWidth / wide, canvas.clientHeight / high));
    }
  }

  function pale(colour, share) {
    const part = (k) => Math.round(parseInt(colour.slice(k, k + 2), 16) * (1 - share) + 255 * share);
    return "#" + [1, 3, 5].map((k) => part(k).toString(16).padStart(2, "0")).join("");
  }

  function arrows(at, shown) {
    const shape = viewer.addShape({ color: scene.arrows });
    const unit = (LONGEST * scene.spacing) / 1000;
    shown.particles.forEach((i, k) => {
      const u = [0, 0, 0];
      for (let m = 0; m < d; m++) u[m] = shown.vectors[k * d + m] * unit;
      const length = Math.hypot(...u), [x, y] = at[i], z = flat ? scene.largest : at[i][2]; // above the particles
      const radius = 0.035 * scene.spacing + 0.03 * length;
      const mid = Math.max(1 - (3.5 * radius) / length, 0.3);
      shape.addArrow({ start: { x, y, z }, end: { x: x + u[0], y: y + u[1], z: z + u[2] }, radius, radiusRatio: 2, mid });
    });
  }

  function box() {
    const shape = viewer.addShape({ color: "#666666" });
    const corners = cellCorners();
    const point = ([x, y, z]) => ({ x, y, z });
    for (let n = 0; n < corners.length; n++)
      for (let k = 0; k < d; k++)
        if (!((n >> k) & 1))
          shape.addCylinder({ start: point(corners[n]), end: point(corners[n | (1 << k)]), radius: 0.03 * scene.spacing, fromCap: 1, toCap: 1 });
  }

  function cellCorners() {
    const corners = [];
    for (let n = 0; n < 2 ** d; n++) corners.push(place([0, 1, 2].slice(0, d).map((k) => ((n >> k) & 1) - 0.5)));
    return corners;
  }

  function told(shown) {
    const number = species.length.toLocaleString("en");
    byId("told").textContent = shown
      ? `The view shows ${shown.label}. Arrows stand at the ${shown.particles.length} particles of ${number} with the largest displacements, and the longest arrow is ${LONGEST} a0 long. All arrows of a mode could as well point the opposite way.`
      : `The view shows ${number} particles.`;
    view.dataset.shown = shown ? shown.name : "";
    view.dataset.turn = JSON.stringify(viewer.getView());
  }

  function turned(angle, axis) {
    viewer.rotate(angle, axis);
    view.dataset.turn = JSON.stringify(viewer.getView());
  }

  function zoomed(factor) {
    viewer.zoom(factor);
    view.dataset.turn = JSON.stringify(viewer.getView());
  }

  function resized() { // the first view holds the cell at the new size too; a view that was turned stays
    const now = viewer.getView(), turned = JSON.stringify(now) !== JSON.stringify(first);
    viewer.resize();
    viewer.setView(first);
    fill();
    first = viewer.getView();
    if (turned) viewer.setView(now);
    viewer.render();
    view.dataset.turn = JSON.stringify(viewer.getView());
  }

  function back() {
    viewer.setView(first);
    view.dataset.turn = JSON.stringify(viewer.getView());
  }

  function pressed(e) {
    if (e.ctrlKey || e.altKey || e.metaKey) return;
    const acts = {
      ArrowLeft: () => turned(-STEP, flat ? "z" : "y"), ArrowRight: () => turned(STEP, flat ? "z" : "y"),
      ArrowUp: () => turned(-STEP, "x"), ArrowDown: () => turned(STEP, "x"),
      "+": () => zoomed(1.2), "=": () => zoomed(1.2), "-": () => zoomed(1 / 1.2), "−": () => zoomed(1 / 1.2),
      0: back, Home: back,
    };
    if (!acts[e.key]) return;
    e.preventDefault();
    acts[e.key]();
  }
})();
