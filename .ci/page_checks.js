// What is wrong with the page as it is laid out now: a list of [code, words].
// Codes are those of browser_check.py. `width` is the width that was asked for, `paper` true for print, `height` the height of a page then.
(function (width, paper, height) {
  const found = [];
  const say = (code, words) => found.push([code, words]);
  const short = (text) => JSON.stringify(text.trim().replace(/\s+/g, " ").slice(0, 50));
  const name = (element) => {
    const id = element.id ? "#" + element.id : "";
    const classes = typeof element.className === "string" && element.className ? "." + element.className.trim().split(/\s+/).join(".") : "";
    return element.tagName.toLowerCase() + id + classes;
  };
  const shown = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true, contentVisibilityAuto: true });
  // A box hidden from the eye but read aloud is no text that is cut.
  const forReaders = (element) => element.clientWidth <= 1 || element.clientHeight <= 1;

  // ---- the document ----
  if (!document.title.trim()) say("title", "the document has no <title>");
  if (!(document.documentElement.lang || "").trim()) say("lang", "<html> has no lang");
  if (!document.body || document.body.innerText.trim().length < 20) say("blank", "the page shows no text");
  if (!paper && document.documentElement.clientWidth !== width)
    say("viewport", `the page is laid out ${document.documentElement.clientWidth} px wide on a screen of ${width}: is the viewport meta missing?`);
  for (const element of document.querySelectorAll("[src],[srcset],[poster],[data],link[href],use,image,base[href]")) {
    for (const key of ["src", "srcset", "poster", "data", "href", "xlink:href"]) {
      const value = element.getAttribute(key);
      if (value && !value.startsWith("data:") && !value.startsWith("#")) say("request", `${name(element)} refers to ${short(value)}`);
    }
  }
  for (const svg of document.querySelectorAll("svg")) {
    const label = svg.querySelector(":scope > title")?.textContent || svg.getAttribute("aria-label") || svg.getAttribute("aria-labelledby");
    if (!(label || "").trim() && svg.getAttribute("aria-hidden") !== "true") say("svg-title", `${name(svg)} in ${name(svg.parentElement)} has neither title nor label`);
  }

  // ---- the page's width ----
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth + 1) {
    const scrolls = (element) => {
      for (let up = element.parentElement; up && up !== document.body; up = up.parentElement)
        if (getComputedStyle(up).overflowX !== "visible") return true;
      return false;
    };
    const wide = [...document.body.querySelectorAll("*")].filter((e) => e.getBoundingClientRect().right > root.clientWidth + 1 && !scrolls(e));
    say("overflow", `the page is ${root.scrollWidth} px wide, ${root.scrollWidth - root.clientWidth} too many; by ${wide.slice(-3).map(name).join(", ")}`);
  }

  // ---- page one ----
  const front = paper && document.getElementById("today");
  const end = front ? Math.round(front.getBoundingClientRect().bottom + window.scrollY) : 0;
  if (end > height) say("front", `page one goes on for ${end - height} px behind the first page of ${height} px`);

  // ---- text that is cut: in boxes that hide what does not fit; on paper also in boxes that would scroll ----
  for (const element of document.body.querySelectorAll("*")) {
    if (element instanceof SVGElement || !shown(element) || forReaders(element) || !element.textContent.trim()) continue;
    const style = getComputedStyle(element);
    const cuts = (overflow) => overflow === "hidden" || overflow === "clip" || (paper && (overflow === "auto" || overflow === "scroll"));
    if (cuts(style.overflowX) && element.scrollWidth > element.clientWidth + 1)
      say("cut", `${name(element)} cuts ${element.scrollWidth - element.clientWidth} px of its width: ${short(element.textContent)}`);
    if (cuts(style.overflowY) && element.scrollHeight > element.clientHeight + 2)
      say("cut", `${name(element)} cuts ${element.scrollHeight - element.clientHeight} px of its height: ${short(element.textContent)}`);
  }

  // ---- text in drawings: oriented boxes, so that a turned label is judged by its own shape ----
  const corners = (text) => {
    const box = text.getBBox(), m = text.getScreenCTM();
    // A line's box reaches from ascent to descent; the ink is lower.
    const [x0, x1, y0, y1] = [box.x + 0.5, box.x + box.width - 0.5, box.y + box.height * 0.2, box.y + box.height * 0.8];
    return [[x0, y0], [x1, y0], [x1, y1], [x0, y1]].map(([x, y]) => [m.a * x + m.c * y + m.e, m.b * x + m.d * y + m.f]);
  };
  const depth = (p, q) => {
    let least = Infinity;
    for (const shape of [p, q])
      for (let i = 0; i < 4; i++) {
        const [a, b] = [shape[i], shape[(i + 1) % 4]];
        const length = Math.hypot(b[0] - a[0], b[1] - a[1]) || 1;
        const axis = [-(b[1] - a[1]) / length, (b[0] - a[0]) / length];
        const span = (points) => { const d = points.map((c) => c[0] * axis[0] + c[1] * axis[1]); return [Math.min(...d), Math.max(...d)]; };
        const [s, t] = [span(p), span(q)];
        least = Math.min(least, Math.min(s[1], t[1]) - Math.max(s[0], t[0]));
      }
    return least;
  };
  for (const svg of document.querySelectorAll("svg")) {
    if (!shown(svg)) continue;
    const frame = svg.getBoundingClientRect();
    const texts = [...svg.querySelectorAll("text")].filter((t) => shown(t) && t.textContent.trim() && t.getBBox().width > 0);
    const shapes = texts.map(corners);
    texts.forEach((text, i) => {
      const out = shapes[i].some(([x, y]) => x < frame.left - 1 || x > frame.right + 1 || y < frame.top - 1 || y > frame.bottom + 1);
      if (out) say("outside", `${short(text.textContent)} leaves its drawing (${short(svg.querySelector("title")?.textContent || "")})`);
      for (let j = i + 1; j < texts.length; j++)
        if (depth(shapes[i], shapes[j]) > 1) say("overlap", `${short(text.textContent)} and ${short(texts[j].textContent)} overlap in a drawing`);
    });
  }

  // ---- text of the page: each line's box, as far as it is to be seen ----
  const clipped = (rect, element) => {
    let box = { left: rect.left, right: rect.right, top: rect.top, bottom: rect.bottom };
    for (let up = element; up && up !== document.body; up = up.parentElement) {
      if (getComputedStyle(up).overflow === "visible") continue;
      const b = up.getBoundingClientRect();
      box = { left: Math.max(box.left, b.left), right: Math.min(box.right, b.right), top: Math.max(box.top, b.top), bottom: Math.min(box.bottom, b.bottom) };
    }
    return box.right - box.left > 1 && box.bottom - box.top > 1 ? box : null;
  };
  const lines = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = walk.nextNode()); ) {
    const parent = node.parentElement;
    if (!node.data.trim() || !parent || parent instanceof SVGElement || /^(SCRIPT|STYLE|NOSCRIPT|TEMPLATE)$/.test(parent.tagName) || !shown(parent)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const cell = parent.closest("td,th");
    const place = cell && cell.getBoundingClientRect();
    for (const rect of range.getClientRects()) {
      const inner = { left: rect.left + 0.5, right: rect.right - 0.5, top: rect.top + rect.height * 0.2, bottom: rect.bottom - rect.height * 0.2 };
      const box = clipped(inner, parent);
      if (!box) continue;
      if (place && (box.left < place.left - 1 || box.right > place.right + 1 || box.top < place.top - 1 || box.bottom > place.bottom + 1))
        say("cell", `${short(node.data)} leaves its cell`);
      lines.push({ box, node });
    }
  }
  lines.sort((a, b) => a.box.top - b.box.top);
  for (let i = 0; i < lines.length; i++)
    for (let j = i + 1; j < lines.length && lines[j].box.top < lines[i].box.bottom - 1; j++) {
      const [a, b] = [lines[i], lines[j]];
      const across = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
      const down = Math.min(a.box.bottom, b.box.bottom) - b.box.top;
      if (a.node !== b.node && across > 1 && down > 1) say("overlap", `${short(a.node.data)} and ${short(b.node.data)} overlap`);
    }
  return found;
})
