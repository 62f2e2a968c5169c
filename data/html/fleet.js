// SPDX-License-Identifier: Apache-2.0
// Sorts and filters the table of hosts, and shows no more rows at once than a browser lays out in no time.
// Without it the table is whole, in the order of the reports.
(function () {
  'use strict';
  const MOST = 250;
  const table = document.getElementById('fleet'), body = table.tBodies[0], heads = Array.from(table.tHead.rows[0].cells);
  const filter = document.getElementById('filter'), shown = document.getElementById('shown');
  const more = document.getElementById('more'), names = new Intl.Collator(undefined, {numeric: true});
  let most = MOST;
  const rows = Array.from(body.rows).map(function (row) {
    const keys = Array.from(row.cells, function (cell) { return cell.dataset.v || cell.textContent; });
    return {row: row, keys: keys, text: row.textContent.toLowerCase()};
  });

  // Rows that are not shown are not in the document, so that nobody has to move them.
  function show() {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean), part = document.createDocumentFragment();
    const fit = rows.filter(function (one) {
      return words.every(function (word) { return one.text.includes(word); });
    });
    fit.slice(0, most).forEach(function (one) { part.appendChild(one.row); });
    body.replaceChildren(part);
    shown.textContent = words.length ? fit.length + ' of ' + rows.length : '';
    more.hidden = fit.length <= most;
    more.textContent = 'Show more of ' + fit.length + ' hosts';
  }

  function sort(column, descending) {
    const numeric = rows.every(function (one) { return one.keys[column] !== '' && !isNaN(one.keys[column]); });
    const sign = descending ? -1 : 1;
    rows.sort(function (a, b) {
      const x = a.keys[column], y = b.keys[column];
      return sign * (numeric ? x - y : names.compare(x, y));
    });
    heads.forEach(function (head, i) {
      if (i === column) head.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
      else head.removeAttribute('aria-sort');
    });
    show();
  }

  // Counts are wanted highest first, all else in its own order.
  heads.forEach(function (head, column) {
    const button = document.createElement('button'), counts = head.classList.contains('cell');
    button.type = 'button';
    button.textContent = head.textContent;
    button.addEventListener('click', function () {
      const state = head.getAttribute('aria-sort');
      sort(column, state === null ? counts : state === 'ascending');
    });
    head.replaceChildren(button);
  });
  more.addEventListener('click', function () {
    most += MOST;
    show();
  });
  window.addEventListener('beforeprint', function () {
    most = rows.length;
    show();
  });
  let timer = 0;
  filter.addEventListener('input', function () {
    clearTimeout(timer);
    timer = setTimeout(show, 120);
  });
  document.getElementById('tools').hidden = false;
  show();
}());
