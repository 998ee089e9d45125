extension HTMLReport {
    static let style = """

        :root { color-scheme: light dark; --line: #8886; --faint: #8882; --link: #1769aa; --bad: #b3261e; --good: #1b7f3b; }
        @media (prefers-color-scheme: dark) { :root { --link: #79b8ff; --bad: #ff8a80; --good: #7bd88f; } }
        body { font: 15px/1.5 system-ui, "DejaVu Sans", sans-serif; }
        body { max-width: 1500px; margin: 2rem auto; padding: 0 1rem; }
        h1 { font-size: 1.6rem; } h2 { margin-top: 2rem; font-size: 1.25rem; } h3 { margin: 0 0 .5rem; font-size: 1.05rem; }
        .note { opacity: .75; } .wide { overflow-x: auto; } a { color: var(--link); }
        table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
        th, td { padding: .3rem .7rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
        th:first-child { text-align: left; } tbody th { font-weight: normal; } tbody tr:hover { background: var(--faint); }
        .sortable thead th { padding: 0; }
        .sortable button { all: unset; cursor: pointer; padding: .3rem .7rem; font-weight: bold; }
        .sortable button:hover, .sortable button:focus-visible { background: var(--faint); }
        .sortable button::after { content: "\\2195"; opacity: .35; padding-left: .3rem; }
        [aria-sort=ascending] button::after { content: "\\25B2"; opacity: 1; }
        [aria-sort=descending] button::after { content: "\\25BC"; opacity: 1; }
        .none { opacity: .6; font-style: italic; } .better { color: var(--good); }
        .failed td, p.failed, .worse { color: var(--bad); }
        .failed td { text-align: left; white-space: normal; }
        section { margin: 2rem 0; padding-top: 1rem; border-top: 1px solid var(--line); }
        section:target h3 { background: var(--faint); }
        .players { display: flex; flex-wrap: wrap; gap: 1rem; margin-bottom: .7rem; } label { display: grid; }
        img { max-width: 100%; height: auto; background: #fff; }

        """

    /// Sorting keeps rows without a value at the end, whichever way it goes; one player stops the others.
    static let script = """

        for (const head of document.querySelectorAll('.sortable thead th')) {
          head.querySelector('button').addEventListener('click', () => {
            const body = head.closest('table').tBodies[0], column = head.cellIndex;
            const isText = head.dataset.key === 'name';
            const goesUp = head.getAttribute('aria-sort') ? head.getAttribute('aria-sort') === 'descending' : isText;
            for (const other of head.parentNode.children) other.removeAttribute('aria-sort');
            head.setAttribute('aria-sort', goesUp ? 'ascending' : 'descending');
            const value = row => row.cells[column] && row.cells[column].dataset.value;
            const rows = [...body.rows].sort((a, b) => {
              const x = value(a), y = value(b);
              if (x === undefined || y === undefined) return (x === undefined) - (y === undefined);
              const order = isText ? x.localeCompare(y, 'en', { numeric: true }) : Math.sign(x - y) || 0;
              return goesUp ? order : -order;
            });
            body.append(...rows);
          });
        }
        document.addEventListener('play', event => {
          for (const player of document.querySelectorAll('audio')) if (player !== event.target) player.pause();
        }, true);

        """
}
