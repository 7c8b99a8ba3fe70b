'use strict';
// What the server sends once a second becomes rates, lines and tables. Names of ports are only ever set as text.

const SECONDS = 120;
const PORT_SECONDS = 60;
const SVG = 'http://www.w3.org/2000/svg';
const byId = id => document.getElementById(id);
const rows = new Map();
const total = { in: [], out: [] };
let before = null;

function amount(value, unit) {
  const steps = ['', 'k', 'M', 'G', 'T'];
  let step = 0;
  while (value >= 999.5 && step < steps.length - 1) {
    value /= 1000;
    step++;
  }
  const digits = step === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return value.toFixed(digits) + (steps[step] || unit ? '\u2009' + steps[step] + unit : '');
}

function element(name, text, attributes) {
  const made = document.createElement(name);
  if (text !== undefined) {
    made.textContent = text;
  }
  for (const [key, value] of Object.entries(attributes || {})) {
    made.setAttribute(key, value);
  }
  return made;
}

function remember(line, value, most) {
  line.push(value);
  if (line.length > most) {
    line.shift();
  }
}

function draw(svg, lines, most) {
  const box = svg.viewBox.baseVal;
  const peak = Math.max(1, ...lines.in, ...lines.out);
  for (const name of ['in', 'out']) {
    let line = svg.querySelector('.' + name);
    if (!line) {
      line = document.createElementNS(SVG, 'polyline');
      line.setAttribute('class', name);
      svg.append(line);
    }
    const offset = most - lines[name].length;
    line.setAttribute('points', lines[name].map((value, i) =>
      ((offset + i) * box.width / (most - 1)).toFixed(1) + ','
        + (box.height - 2 - value / peak * (box.height - 4)).toFixed(1)).join(' '));
  }
}

function rowOf(name) {
  let row = rows.get(name);
  if (row) {
    return row;
  }
  row = { lines: { in: [], out: [] }, cells: [], open: false };
  row.line = element('tr');
  row.line.append(element('th', name, { scope: 'row' }));
  for (let i = 0; i < 4; i++) {
    row.cells.push(row.line.appendChild(element('td', '–')));
  }
  row.svg = document.createElementNS(SVG, 'svg');
  row.svg.setAttribute('viewBox', '0 0 120 24');
  row.svg.setAttribute('preserveAspectRatio', 'none');
  row.svg.setAttribute('aria-hidden', 'true');
  row.line.appendChild(element('td')).append(row.svg);
  row.button = element('button', '0', { type: 'button', 'aria-expanded': 'false' });
  row.line.appendChild(element('td')).append(row.button);
  row.reasons = element('tr', undefined, { class: 'reasons' });
  row.reasons.hidden = true;
  row.reasons.append(element('td', '', { colspan: '7' }));
  row.button.addEventListener('click', () => {
    row.open = !row.open;
    row.reasons.hidden = !row.open;
    row.button.setAttribute('aria-expanded', String(row.open));
  });
  byId('ports').tBodies[0].append(row.line, row.reasons);
  rows.set(name, row);
  return row;
}

function listed(counts) {
  return Object.entries(counts || {}).filter(([, count]) => count > 0)
    .map(([name, count]) => name.replace(/[A-Z]/g, letter => ' ' + letter.toLowerCase()) + ': ' + count);
}

function show(now) {
  const seconds = before ? Math.max(0.001, now.seconds - before.seconds) : 0;
  const earlier = new Map(before ? before.ports.map(port => [port.port, port]) : []);
  const sum = { in: 0, out: 0 };
  for (const port of now.ports) {
    const row = rowOf(port.port);
    const old = earlier.get(port.port);
    const drops = Object.values(port.drops).reduce((all, one) => all + one, 0);
    if (old) {
      // A port of the same name that is new counts from zero.
      const rate = key => Math.max(0, port[key] - old[key]) / seconds;
      const bits = { in: 8 * rate('bytesIn'), out: 8 * rate('bytesOut') };
      row.cells[0].textContent = amount(rate('framesIn'), '');
      row.cells[1].textContent = amount(bits.in, 'bit/s');
      row.cells[2].textContent = amount(rate('framesOut'), '');
      row.cells[3].textContent = amount(bits.out, 'bit/s');
      for (const way of ['in', 'out']) {
        remember(row.lines[way], bits[way], PORT_SECONDS);
        sum[way] += bits[way];
      }
      draw(row.svg, row.lines, PORT_SECONDS);
    }
    row.button.textContent = amount(drops, '');
    row.button.className = drops > 0 ? 'some' : '';
    row.button.setAttribute('aria-label', drops + ' drops of ' + port.port + ', by reason');
    const reasons = listed(port.drops).concat(listed(port.fates));
    row.reasons.cells[0].textContent = reasons.length ? reasons.join(' · ') : 'nothing dropped';
  }
  const there = new Set(now.ports.map(port => port.port));
  for (const [name, row] of rows) {
    if (!there.has(name)) {
      row.line.remove();
      row.reasons.remove();
      rows.delete(name);
    }
  }
  if (before) {
    remember(total.in, sum.in, SECONDS);
    remember(total.out, sum.out, SECONDS);
    draw(byId('chart'), total, SECONDS);
    byId('rate-in').textContent = amount(sum.in, 'bit/s');
    byId('rate-out').textContent = amount(sum.out, 'bit/s');
  }
  const counts = Object.entries(now.counts || {});
  byId('counts').hidden = counts.length === 0;
  byId('counts').querySelector('dl').replaceChildren(...counts.flatMap(([name, count]) =>
    [element('dt', name), element('dd', String(count))]));
  byId('program').textContent = now.program;
  document.title = 'netty-tap ' + now.program;
  byId('state').textContent = 'live · up ' + duration(now.seconds) + ' · ' + now.ports.length + ' ports';
  byId('state').className = '';
  before = now;
}

function duration(seconds) {
  const parts = [[86400, 'd'], [3600, 'h'], [60, 'min'], [1, 's']];
  const first = parts.findIndex(([length]) => seconds >= length);
  return parts.slice(Math.max(0, first < 0 ? 3 : first)).slice(0, 2).map(([length, unit]) => {
    const count = Math.floor(seconds / length);
    seconds -= count * length;
    return count + '\u2009' + unit;
  }).join(' ');
}

let entries = [];
let truncated = false;

function showFdb() {
  const wanted = byId('search').value.trim().toLowerCase();
  const found = entries.filter(entry => !wanted || entry.mac.includes(wanted)
    || entry.port.toLowerCase().includes(wanted) || String(entry.vlan) === wanted);
  byId('found').textContent = found.length + ' of ' + entries.length + (truncated ? ' and more' : '') + ' entries'
    + (found.length > 200 ? ', the first 200 shown' : '');
  byId('fdb').querySelector('tbody').replaceChildren(...found.slice(0, 200).map(entry => {
    const line = element('tr');
    line.append(element('td', entry.mac), element('td', entry.vlan ? String(entry.vlan) : '–'),
      element('td', entry.port), element('td', entry.kind), element('td', String(entry.age)));
    return line;
  }));
}

async function readFdb() {
  try {
    const answer = await (await fetch('api/v1/fdb')).json();
    entries = answer.entries;
    truncated = answer.truncated;
    byId('fdb').hidden = byId('program').textContent !== 'switch' && entries.length === 0;
    showFdb();
  } catch (gone) {
    // The stream of events tells that the program is gone.
  }
  setTimeout(readFdb, 5000);
}

byId('search').addEventListener('input', showFdb);
const events = new EventSource('api/v1/events');
events.addEventListener('message', event => show(JSON.parse(event.data)));
events.addEventListener('error', () => {
  byId('state').textContent = 'no answer from the program; trying again';
  byId('state').className = 'bad';
  before = null;
});
readFdb();
