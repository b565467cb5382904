"use strict";
// The page is complete without this: it filters, and shows in the list where the reader is.
(() => {
  const filter = document.getElementById("filter");
  const entries = [...document.querySelectorAll("nav li")].map((item) => {
    const target = document.getElementById(item.firstElementChild.hash.slice(1));
    return { item, link: item.firstElementChild, target, text: item.dataset.text };
  });
  const groups = [...document.querySelectorAll("nav section, main section")];
  const none = document.getElementById("none");

  function apply() {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const entry of entries) {
      const matches = words.every((word) => entry.text.includes(word));
      entry.item.hidden = entry.target.hidden = !matches;
      shown += matches;
    }
    for (const group of groups) {
      const parts = [...group.querySelectorAll("li, article")];
      group.hidden = parts.length > 0 && parts.every((part) => part.hidden);
    }
    none.hidden = shown > 0;
  }

  filter.hidden = false;
  filter.addEventListener("input", apply);
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== filter) {
      event.preventDefault();
      filter.focus();
    } else if (event.key === "Escape" && document.activeElement === filter) {
      filter.value = "";
      apply();
      filter.blur();
    }
  });
  // What an address or a link names must not stay filtered away.
  function reveal() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && target.closest("[hidden]")) {
      filter.value = "";
      apply();
      target.scrollIntoView();
    }
  }
  addEventListener("hashchange", reveal);

  // By hand: scrollIntoView would move the page as well.
  function keepInSight(link) {
    const list = link.closest("nav");
    const top = link.offsetTop - list.scrollTop;
    if (top < 0 || top > list.clientHeight - link.offsetHeight) {
      list.scrollTop = link.offsetTop - list.clientHeight / 2;
    }
  }

  const links = new Map(entries.map((entry) => [entry.target, entry.link]));
  const visible = new Set();
  const observer = new IntersectionObserver((changes) => {
    for (const change of changes) {
      visible[change.isIntersecting ? "add" : "delete"](change.target);
    }
    const first = entries.find((entry) => visible.has(entry.target));
    for (const [target, link] of links) {
      if (first && target === first.target) {
        link.setAttribute("aria-current", "true");
        keepInSight(link);
      } else {
        link.removeAttribute("aria-current");
      }
    }
  }, { rootMargin: "0px 0px -70% 0px" });
  links.forEach((_, target) => observer.observe(target));
})();
