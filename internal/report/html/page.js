"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const columns = data.columns, perPage = 200;
  const at = name => columns.findIndex(c => c.name === name);
  const statusAt = at("status"), kindAt = at("error_kind"), codeAt = at("error_code");
  const $ = id => document.getElementById(id);

  // A row has, in front, which of its cells are not those of the row before. A
  // number is the column that a cell is equal to, or a text that has come before; U+0001 and k stand for the key.
  const rows = [], seen = [], utf8 = new TextEncoder();
  let before = columns.map(() => "");
  for (const packed of data.rows) {
    const row = before.slice();
    let next = 2;
    for (let i = 0; i < columns.length; i++) {
      if (packed[i < 30 ? 0 : 1] & (1 << i % 30)) {
        let cell = packed[next++];
        if (typeof cell === "number" && cell >= 0) { row[i] = row[cell]; continue; }
        if (typeof cell === "number") cell = seen[-1 - cell];
        else if (columns[i].few && utf8.encode(cell).length > 4 && seen.length < 1000) seen.push(cell);
        row[i] = i > 1 ? cell.replace(/\u0001([km])/g, (_, what) => what === "k" ? row[1] : "\u0001") : cell;
      }
    }
    rows.push(row);
    before = row;
  }
  data.rows = null;
  let text = null; // of each row, in lower case; made when it is first needed
  const texts = () => text ??= rows.map(r => r.join("\n").toLowerCase());

  let found = rows.map((_, i) => i), page = 0, sortBy = -1, down = false, only = null;

  // What cannot be seen, or turns the direction of what follows, is shown as its
  // number.
  const odd = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;
  function show(into, value) {
    let end = 0;
    for (const m of value.matchAll(odd)) {
      into.append(value.slice(end, m.index));
      const mark = document.createElement("span");
      mark.className = "odd";
      mark.textContent = "U+" + m[0].codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
      into.append(mark);
      end = m.index + m[0].length;
    }
    into.append(value.slice(end));
    return into;
  }
  const element = (name, attributes = {}) => Object.assign(document.createElement(name), attributes);

  function filter() {
    const words = $("search").value.toLowerCase(), status = $("status").value;
    found = [];
    for (let i = 0; i < rows.length; i++) {
      if (status && rows[i][statusAt] !== status) continue;
      if (only && (only.kind && rows[i][kindAt] !== only.kind || only.code && rows[i][codeAt] !== only.code)) continue;
      if (words && !texts()[i].includes(words)) continue;
      found.push(i);
    }
    if (sortBy >= 0) sort();
    page = 0;
    draw();
  }

  function sort() {
    const c = sortBy, sign = down ? -1 : 1, number = columns[c].right;
    found.sort((a, b) => {
      const x = rows[a][c], y = rows[b][c];
      if (x === "" || y === "") return (x === "") - (y === "") || a - b; // nothing stands last
      const order = number ? x - y : x < y ? -1 : x > y ? 1 : 0;
      return sign * order || a - b;
    });
  }

  function draw() {
    const body = element("tbody"), from = page * perPage, to = Math.min(from + perPage, found.length);
    for (const i of found.slice(from, to)) {
      const tr = element("tr");
      let first = true;
      columns.forEach((c, j) => {
        if (!c.shown) return;
        const td = element("td", c.right ? { className: "right" } : {});
        if (first) {
          const button = element("button", { type: "button" });
          button.append(show(element("bdi"), rows[i][j] || rows[i][at("target_key")] || "(no key)"));
          button.addEventListener("click", () => details(i));
          td.append(button);
          first = false;
        } else {
          td.append(show(element("bdi"), rows[i][j]));
        }
        tr.append(td);
      });
      body.append(tr);
    }
    $("table").tBodies[0].replaceWith(body);
    const count = n => n.toLocaleString("en");
    let line = found.length === rows.length ? `${count(rows.length)} objects` : `${count(found.length)} of ${count(rows.length)} objects`;
    if (data.left) line += `; ${count(data.left)} more have no place here, ${count(data.leftNotGood)} of them not a success: see the CSV or JSON report`;
    $("found").textContent = line;
    $("pages").hidden = found.length <= perPage;
    $("page").textContent = `${count(from + 1)} to ${count(to)}`;
    $("previous").disabled = page === 0;
    $("next").disabled = to >= found.length;
    for (const th of $("table").tHead.rows[0].cells) {
      th.ariaSort = +th.dataset.column !== sortBy ? "none" : down ? "descending" : "ascending";
    }
  }

  function details(i) {
    const list = element("dl");
    columns.forEach((c, j) => {
      if (rows[i][j] === "") return;
      list.append(element("dt", { textContent: c.name }), show(element("dd"), rows[i][j]));
    });
    $("details").querySelector("dl").replaceWith(list);
    const title = $("details-title");
    title.replaceChildren();
    show(title, rows[i][at("source_key")] || rows[i][at("target_key")]);
    $("details").showModal();
  }

  // As in the program's CSV: no spreadsheet takes a value for a formula.
  function cell(s) {
    if (/^[=+\-@\t\r']/.test(s)) s = "'" + s;
    return /[",\r\n]/.test(s) ? '"' + s.replaceAll('"', '""') + '"' : s;
  }
  const csv = () => [columns.map(c => c.name), ...found.map(i => rows[i])].map(r => r.map(cell).join(",")).join("\n") + "\n";

  function done(button, text) {
    const name = button.textContent;
    button.textContent = text;
    setTimeout(() => { button.textContent = name; }, 1500);
  }

  const head = element("tr");
  columns.forEach((c, j) => {
    if (!c.shown) return;
    const th = element("th", { scope: "col", className: c.right ? "right" : "" }), button = element("button", { type: "button", textContent: c.name });
    th.dataset.column = j;
    button.addEventListener("click", () => {
      down = sortBy === j && !down;
      sortBy = j;
      sort();
      page = 0;
      draw();
    });
    th.append(button);
    head.append(th);
  });
  $("table").tHead.append(head);
  for (const s of [...new Set(rows.map(r => r[statusAt]))].sort()) $("status").append(element("option", { value: s, textContent: s }));

  let timer;
  $("search").addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(filter, 60); });
  $("status").addEventListener("change", () => { only = null; filter(); });
  $("clear").addEventListener("click", () => { only = null; $("search").value = ""; $("status").value = ""; filter(); });
  $("previous").addEventListener("click", () => { page--; draw(); });
  $("next").addEventListener("click", () => { page++; draw(); });
  $("close").addEventListener("click", () => $("details").close());
  $("copy").addEventListener("click", async e => {
    try { await navigator.clipboard.writeText(csv()); done(e.target, "Copied"); }
    catch { done(e.target, "The browser does not allow it"); }
  });
  $("save").addEventListener("click", () => {
    const link = element("a", { href: URL.createObjectURL(new Blob([csv()], { type: "text/csv" })), download: "objects.csv" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  });
  for (const b of document.querySelectorAll("button.find")) {
    b.addEventListener("click", () => {
      only = { kind: b.dataset.kind, code: b.dataset.code };
      $("search").value = "";
      $("status").value = b.dataset.status;
      filter();
      $("rows").scrollIntoView();
      $("rows").focus();
    });
  }
  $("tools").hidden = false;
  draw();
})();
