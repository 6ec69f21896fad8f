"use strict";
// Filters the list of leaks, and opens what a link leads to. The page is complete without it.
(() => {
  const form = document.getElementById("filter");
  const open = () => {
    const id = location.hash.slice(1);
    const target = id && document.getElementById(id);
    if (target instanceof HTMLDetailsElement) {
      target.open = true;
      target.firstElementChild.focus({ preventScroll: true });
    }
    const fold = target && target.closest("details");
    if (fold) fold.open = true;
  };
  addEventListener("hashchange", open);
  document.addEventListener("click", (event) => {
    const link = event.target.closest && event.target.closest("a[href^='#leak-']");
    if (!link) return;
    const leak = document.getElementById(link.getAttribute("href").slice(1));
    if (leak && leak.hidden) form.reset();
    if (leak) leak.open = true;
  });
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details:not([open])")];
    for (const details of folded) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of folded) details.open = false;
  });
  if (!form) return open();

  const query = document.getElementById("query");
  const checker = document.getElementById("checker");
  const category = document.getElementById("category");
  const levels = [...form.querySelectorAll("input[name=level]")];
  const matches = document.getElementById("matches");
  const none = document.getElementById("none");
  let leaks = null;

  const index = () => {
    // Read once, when somebody first filters: what is searched, in lower case.
    leaks = [...document.querySelectorAll(".leak")].map((node) => {
      const facts = [...node.querySelectorAll("summary, .facts, .remedy")].map((part) => part.textContent).join(" ");
      return {
        node,
        level: node.dataset.level,
        checker: node.dataset.checker,
        category: node.dataset.category,
        note: node.querySelector(".matching"),
        text: facts.toLowerCase(),
        places: [...node.querySelectorAll(".places > li")].map((place) => ({
          node: place,
          text: place.textContent.toLowerCase(),
          files: Number(place.dataset.places || 1), // that share a row
        })),
      };
    });
  };
  const plural = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;

  const filter = () => {
    if (!leaks) index();
    const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
    const allowed = new Set(levels.filter((box) => box.checked).map((box) => box.value));
    let shown = 0;
    let all = 0;
    let kept = 0;
    for (const leak of leaks) {
      const fits =
        allowed.has(leak.level) &&
        (!checker.value || checker.value === leak.checker) &&
        (!category.value || category.value === leak.category);
      const left = fits ? words.filter((word) => !leak.text.includes(word)) : [];
      let here = 0;
      let total = 0;
      for (const place of leak.places) {
        const match = fits && left.every((word) => place.text.includes(word));
        if (place.node.hidden === match) place.node.hidden = !match;
        total += place.files;
        if (match) here += place.files;
      }
      if (leak.node.hidden === here > 0) leak.node.hidden = here === 0;
      const note = here && here < total ? `(${here} shown)` : "";
      if (leak.note.textContent !== note) leak.note.textContent = note;
      all += total;
      shown += here;
      if (here) kept += 1;
    }
    matches.textContent =
      shown === all ? plural(all, "place") : `${shown.toLocaleString("en")} of ${plural(all, "place")}, ${plural(kept, "leak")}`;
    none.hidden = shown > 0;
  };

  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", filter);
  form.addEventListener("reset", () => setTimeout(filter));
  document.getElementById("clear").addEventListener("click", () => {
    form.reset();
    query.focus();
  });
  open();
})();
