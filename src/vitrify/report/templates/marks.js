// Points and bars of figures answer a pointer and a keyboard. Without this script the page has the same figures and tables.
(() => {
  "use strict";
  const STEPS = 10000, REACH = 16, GAP = 12;  // REACH: pixels from a point; GAP: between a mark and its words
  const data = JSON.parse(document.getElementById("answers").textContent);
  const narrow = matchMedia("screen and (max-width: 44rem)");
  const tip = document.getElementById("tip"), heard = document.getElementById("heard"), panel = document.getElementById("mark-panel");
  const made = (tag, text = "", attributes = {}) => {
    const found = Object.assign(document.createElement(tag), attributes);
    found.textContent = text;
    return found;
  };
  const number = x => x.toLocaleString("en-US");

  function readMark(figure, [owner, quantity, count, at, shown, sample, wide, small]) {
    const [particles, glasses] = figure.counts[count] || [null, null];
    const ensemble = typeof owner === "number" ? owner : null;
    const name = ensemble === null ? owner : data.ensembles[ensemble];
    return { ensemble, name, quantity: figure.quantities[quantity], at, shown, sample, particles, glasses, wide, small };
  }
  const valueOf = mark => `${mark.quantity} = ${mark.shown}`;
  const sizesOf = mark => mark.particles === null ? "" : `N = ${number(mark.particles)}, n = ${number(mark.glasses)}`;
  const linesOf = mark => [mark.name, mark.at, valueOf(mark), mark.sample === null ? "" : `sample ${mark.sample}`, sizesOf(mark)].filter(x => x);

  // one figure: the mark under the pointer, or the one that the keyboard has reached

  function follow(frame) {
    const figure = data.figures[frame.dataset.marks];
    if (!figure) return;
    const marks = figure.marks.map(x => readMark(figure, x)), image = frame.querySelector("img");
    const button = made("button", "", { type: "button", className: "mark" });
    let current = 0;
    frame.append(button);

    const boxOf = mark => {
      const [x, y, width = 0, height = 0] = (narrow.matches ? mark.small : mark.wide).map(v => v / STEPS);
      const across = image.clientWidth, down = image.clientHeight;
      return { x: image.offsetLeft + x * across, y: image.offsetTop + y * down, width: width * across, height: height * down };
    };
    const distance = (box, x, y) => Math.hypot(Math.max(Math.abs(x - box.x) - box.width / 2, 0), Math.max(Math.abs(y - box.y) - box.height / 2, 0));
    function nearest(event) {
      const frameBox = frame.getBoundingClientRect(), x = event.clientX - frameBox.left, y = event.clientY - frameBox.top;
      let best = null, least = REACH, area = Infinity;
      marks.forEach((mark, k) => {
        const box = boxOf(mark), d = distance(box, x, y), own = box.width * box.height;
        if (d < least || (d === least && own < area)) { best = k; least = d; area = own; }
      });
      return best;
    }
    function place() {
      const box = boxOf(marks[current]), width = Math.max(box.width, 18), height = Math.max(box.height, 18);
      Object.assign(button.style, { left: `${box.x - width / 2}px`, top: `${box.y - height / 2}px`, width: `${width}px`, height: `${height}px` });
      button.classList.toggle("bar", box.width > 0);
      button.setAttribute("aria-label", `${linesOf(marks[current]).join(", ")}. Mark ${current + 1} of ${marks.length}; arrow keys go to the others.`);
    }
    function show(k) {
      current = k;
      place();
      frame.classList.add("over");
      showTip(linesOf(marks[k]), button);
    }
    function hide() {
      frame.classList.remove("over");
      tip.hidden = true;
    }
    function move(event) {
      const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -marks.length, End: marks.length };
      if (event.key === "Escape") return hide();
      if (!(event.key in steps) || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      show(Math.min(Math.max(current + steps[event.key], 0), marks.length - 1));
      heard.textContent = linesOf(marks[current]).join(", ");
    }
    frame.addEventListener("pointermove", event => {
      const k = nearest(event);
      frame.style.cursor = k === null ? "" : "pointer";
      if (k === null) hide(); else if (k !== current || tip.hidden) show(k);
    });
    frame.addEventListener("pointerleave", hide);
    image.addEventListener("click", event => {
      const k = nearest(event);
      if (k !== null) { show(k); openPanel(marks[k]); }
    });
    button.addEventListener("click", () => openPanel(marks[current]));
    button.addEventListener("focus", () => show(current));
    button.addEventListener("blur", hide);
    button.addEventListener("keydown", move);
    new ResizeObserver(place).observe(image);
    narrow.addEventListener("change", place);
  }

  let told = null;  // the button of the mark of which the tip tells
  function showTip(lines, button) {
    tip.replaceChildren(...lines.map((line, k) => made(k ? "span" : "strong", line)));
    tip.hidden = false;
    told = button;
    placeTip();
  }
  function placeTip() {
    if (tip.hidden) return;
    const at = told.getBoundingClientRect(), own = tip.getBoundingClientRect();
    const room = document.documentElement.clientWidth - own.width - 4;
    const above = at.top - own.height - GAP;
    tip.style.left = `${Math.max(Math.min(at.left + at.width / 2 - own.width / 2, room), 4)}px`;
    tip.style.top = `${above > 4 ? above : at.bottom + GAP}px`;
  }

  // the panel: the numbers of a mark, its glass, and what the tables say of its ensemble

  function openPanel(mark) {
    tip.hidden = true;
    const body = panel.querySelector(".body");
    body.replaceChildren(...aboutValue(mark), ...aboutGlass(mark), ...aboutEnsemble(mark));
    panel.querySelector("h2").textContent = mark.ensemble === null ? mark.name : `Ensemble ${mark.name}`;
    if (!panel.open) panel.showModal();
    panel.scrollTop = 0;
  }
  function aboutValue(mark) {
    const rows = [[mark.quantity, mark.shown]];
    if (mark.at) rows.push(["where", mark.at]);
    if (mark.particles !== null) rows.push(["N (particles per glass)", number(mark.particles)], ["n (glasses)", number(mark.glasses)]);
    if (mark.sample !== null) rows.push(["sample", String(mark.sample)]);
    return [numbers(rows)];
  }
  function aboutGlass(mark) {
    const found = data.glasses.find(x => x[0] === mark.ensemble && (mark.sample === null || x[1] === mark.sample));
    if (mark.ensemble === null || !found) return [];
    const [, , words, command, page, rows] = found;
    const parts = [made("h3", "A glass of this ensemble"), made("p", words)];
    if (page) {
      const line = made("p");
      line.append(made("a", "Turn this glass and its softest mode in 3D", { href: page, className: "look" }));
      parts.push(line, made("p", "For another one, put the number of its sample in the place of N:"), copied(command.replace(/\d+$/, "N")));
    } else {
      const how = command.includes(" STORE ") ? ", with the folder of the study's store in the place of STORE" : "";
      parts.push(made("p", `This command writes a page on which the glass turns in 3D with its softest mode${how}:`), copied(command));
    }
    if (rows.length) {
      const more = made("details");
      more.append(made("summary", `The numbers of sample ${found[1]}`), numbers(rows));
      parts.push(more);
    }
    return parts;
  }
  function aboutEnsemble(mark) {
    if (mark.ensemble === null) return [];
    return [...document.querySelectorAll("[data-rows]")].flatMap(region => {
      const line = document.getElementById(`${region.dataset.rows}-${mark.ensemble}`);
      if (!line) return [];
      const heads = [...region.querySelectorAll("th")].map(x => x.textContent), cells = [...line.cells].map(x => x.textContent);
      const jump = made("a", "Go to this line of the table", { href: `#${line.id}` });
      jump.addEventListener("click", () => { panel.returned = line; panel.close(); });
      const foot = made("p");
      foot.append(jump);
      return [made("h3", region.getAttribute("aria-label")), numbers(heads.map((x, k) => [x, cells[k]]).slice(1)), foot];
    });
  }
  function numbers(rows) {
    const list = made("dl", "", { className: "numbers" });
    for (const [name, value] of rows) {
      const pair = made("div");
      pair.append(made("dt", name), made("dd", value));
      list.append(pair);
    }
    return list;
  }
  function copied(command) {
    const block = made("div", "", { className: "command" }), button = made("button", "Copy", { type: "button" });
    const code = made("code", command);
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(command);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(code);  // where a browser gives no page from a file the clipboard
        button.textContent = "Selected";
      }
    });
    block.append(code, button);
    return block;
  }
  panel.querySelector(".close").addEventListener("click", () => panel.close());
  panel.addEventListener("click", event => { if (event.target === panel) panel.close(); });
  panel.addEventListener("close", () => {
    if (panel.returned) {
      panel.returned.tabIndex = -1;
      panel.returned.focus();
    }
    panel.returned = null;
  });
  addEventListener("keydown", event => { if (event.key === "Escape") tip.hidden = true; });
  for (const event of ["scroll", "resize"]) addEventListener(event, placeTip, { passive: true });
  document.querySelectorAll("[data-marks]").forEach(follow);
  document.querySelectorAll(".with-script").forEach(x => { x.hidden = false; });
})();
