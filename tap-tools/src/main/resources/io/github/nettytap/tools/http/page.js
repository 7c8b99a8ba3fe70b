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
  showTraffic();
  if (chosen) {
    showChosen();
  }
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
    byId('fdb').hidden = !['switch', 'run'].includes(byId('program').textContent) && entries.length === 0;
    showFdb();
  } catch (gone) {
    // The stream of events tells that the program is gone.
  }
  setTimeout(readFdb, 5000);
}

const MOST_NODES = 150;
let network = { nodes: [], links: [] };
let drawn = '';
let chosen = null;

function svg(name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) {
    made.setAttribute(key, value);
  }
  if (text !== undefined) {
    made.textContent = text;
  }
  return made;
}

// How far each node is from one.
function depths(start, neighbors) {
  const depth = new Map([[start, 0]]);
  for (const node of depth.keys()) {
    for (const next of neighbors.get(node) || []) {
      if (!depth.has(next)) {
        depth.set(next, depth.get(node) + 1);
      }
    }
  }
  return depth;
}

// Springs along links, and nodes that push each other off. It begins with the nodes in rows by their distance from the
// one that is farthest away, so that a chain is drawn as one and the same network always looks the same. What is wide on a
// screen is high on a phone.
function place(nodes, links) {
  const count = nodes.length;
  const wide = byId('map').clientWidth >= 560;
  const named = new Map(nodes.map(node => [node.name, node]));
  const springs = links.map(link => [named.get(link.from), named.get(link.to)]).filter(([a, b]) => a && b);
  const neighbors = new Map(nodes.map(node => [node, []]));
  springs.forEach(([a, b]) => {
    neighbors.get(a).push(b);
    neighbors.get(b).push(a);
  });
  const rest = new Set(nodes);
  const used = [];
  let row = 0;
  while (rest.size > 0) {
    const far = [...depths([...rest][0], neighbors).keys()].pop();
    let last = 0;
    for (const [node, depth] of depths(far, neighbors)) {
      rest.delete(node);
      last = Math.max(last, depth);
      const along = 95 * (row + depth);
      used[row + depth] = (used[row + depth] || 0) + 1;
      const across = 60 * (used[row + depth] - 1);
      node.x = wide ? along : across;
      node.y = wide ? across : along;
    }
    row += last + 1;
  }
  const middle = { x: 0, y: 0 };
  nodes.forEach(node => {
    middle.x += node.x / count;
    middle.y += node.y / count;
  });
  nodes.forEach(node => {
    node.x -= middle.x;
    node.y -= middle.y;
  });
  for (let step = 0; step < 300; step++) {
    const heat = 30 * (1 - step / 300);
    for (const node of nodes) {
      node.fx = -node.x * (wide ? 0.002 : 0.02);
      node.fy = -node.y * (wide ? 0.02 : 0.002);
    }
    for (let i = 0; i < count; i++) {
      for (let j = i + 1; j < count; j++) {
        const dx = nodes[i].x - nodes[j].x;
        const dy = nodes[i].y - nodes[j].y;
        const push = 12000 / Math.max(100, dx * dx + dy * dy);
        const length = Math.max(1, Math.hypot(dx, dy));
        nodes[i].fx += dx / length * push;
        nodes[i].fy += dy / length * push;
        nodes[j].fx -= dx / length * push;
        nodes[j].fy -= dy / length * push;
      }
    }
    for (const [a, b] of springs) {
      const length = Math.max(1, Math.hypot(a.x - b.x, a.y - b.y));
      const pull = (length - 90) * 0.05;
      const dx = (b.x - a.x) / length * pull;
      const dy = (b.y - a.y) / length * pull;
      a.fx += dx;
      a.fy += dy;
      b.fx -= dx;
      b.fy -= dy;
    }
    for (const node of nodes) {
      const force = Math.max(1, Math.hypot(node.fx, node.fy));
      node.x += node.fx / force * Math.min(force, heat);
      node.y += node.fy / force * Math.min(force, heat);
    }
  }
  return named;
}

function isLeaf(node) {
  return !['switch', 'router', 'vxlan'].includes(node.kind);
}

function shortened(text) {
  return text.length <= 24 ? text : text.slice(0, 11) + '…' + text.slice(-12);
}

function drawNetwork() {
  const nodes = network.nodes.slice(0, MOST_NODES);
  const named = place(nodes, network.links);
  const xs = nodes.map(node => node.x);
  const ys = nodes.map(node => node.y);
  const left = Math.min(...xs) - 70;
  const top = Math.min(...ys) - 40;
  byId('map').setAttribute('viewBox', [left, top, Math.max(...xs) + 70 - left, Math.max(...ys) + 50 - top]
    .map(Math.round).join(' '));
  const parts = [];
  for (const link of network.links) {
    const from = named.get(link.from);
    const to = named.get(link.to);
    if (from && to) {
      const line = svg('line', { x1: from.x, y1: from.y, x2: to.x, y2: to.y, class: link.state });
      line.append(svg('title', {}, link.name + (link.detail ? ': ' + link.detail : '')));
      parts.push(line);
      link.line = line;
      if (link.detail && !isLeaf(to)) {
        link.detail.split(',').forEach((text, i) => parts.push(svg('text',
          { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 - 6 + 11 * i, class: 'small' }, text)));
      }
    }
  }
  for (const node of nodes) {
    const label = node.label || node.name;
    const group = svg('g', { class: node.kind, tabindex: '0', role: 'button',
      'aria-label': node.kind + ' ' + label + (node.detail ? ', ' + node.detail : ''), 'data-name': node.name });
    const size = isLeaf(node) ? 6 : 14;
    group.append(svg('circle', { cx: node.x, cy: node.y, r: 24, class: 'hit' }));
    group.append(node.kind === 'router' ? svg('circle', { cx: node.x, cy: node.y, r: size, class: 'shape' })
      : svg('rect', { x: node.x - size, y: node.y - size, width: 2 * size, height: 2 * size, rx: 2, class: 'shape' }));
    group.append(svg('title', {}, label + (node.detail ? ': ' + node.detail : '')));
    group.append(svg('text', { x: node.x, y: node.y + size + 13 }, shortened(label)));
    if (node.detail && isLeaf(node)) {
      group.append(svg('text', { x: node.x, y: node.y + size + 25, class: 'small' }, shortened(node.detail)));
    }
    const choose = () => {
      chosen = node.name;
      showChosen();
    };
    group.addEventListener('click', choose);
    group.addEventListener('focus', choose);
    group.addEventListener('keydown', event => {
      if (event.key === 'Enter' || event.key === ' ') {
        event.preventDefault();
        choose();
      }
    });
    parts.push(group);
  }
  byId('map').replaceChildren(...parts);
}

function rateOf(name) {
  const row = rows.get(name);
  const last = line => line.length ? line[line.length - 1] : 0;
  return row ? last(row.lines.in) + last(row.lines.out) : 0;
}

// A line is as thick as its traffic is lively: a step for each power of ten.
function showTraffic() {
  for (const link of network.links) {
    if (link.line) {
      const rate = rateOf(link.to.includes('/') ? link.to : link.from + '/' + link.name);
      link.line.setAttribute('stroke-width', (1.5 + 0.8 * Math.max(0, Math.log10(rate + 1) - 2)).toFixed(1));
    }
  }
}

function showChosen() {
  for (const group of byId('map').querySelectorAll('g')) {
    group.classList.toggle('chosen', group.getAttribute('data-name') === chosen);
  }
  const node = network.nodes.find(one => one.name === chosen);
  if (!node) {
    byId('chosen').textContent = network.nodes.length > MOST_NODES
      ? 'The first ' + MOST_NODES + ' of ' + network.nodes.length + ' nodes are drawn.' : 'Choose a node to see its ports.';
    return;
  }
  const ports = [...rows.keys()].filter(name => name === node.name || name.startsWith(node.name + '/'));
  byId('chosen').textContent = node.kind + ' ' + node.name + (node.detail ? ' (' + node.detail + ')' : '')
    + (ports.length ? ': ' + ports.map(name => name.slice(name.indexOf('/') + 1) + ' '
      + amount(rateOf(name), 'bit/s')).join(', ') : '');
}

async function readNetwork() {
  try {
    const answer = await (await fetch('api/v1/topology')).json();
    const text = JSON.stringify(answer);
    if (text !== drawn) {
      drawn = text;
      network = answer;
      byId('net').hidden = network.nodes.length === 0;
      if (network.nodes.length > 0) {
        const focused = document.activeElement && document.activeElement.getAttribute('data-name');
        drawNetwork();
        showChosen();
        for (const group of focused ? byId('map').querySelectorAll('g') : []) {
          if (group.getAttribute('data-name') === focused) {
            group.focus();
          }
        }
      }
    }
  } catch (gone) {
    // The stream of events tells that the program is gone.
  }
  setTimeout(readNetwork, 5000);
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
readNetwork();
