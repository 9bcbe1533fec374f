/* What the theme gets wrong and cannot be mended at build time (WCAG 2.2). */
(function () {
  "use strict";

  /* 2.1.4: no single-key shortcuts. Stop them before the theme sees them. */
  window.addEventListener("keydown", function (event) {
    var target = event.target;
    var typing = target && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
    var modified = event.ctrlKey || event.metaKey || event.altKey;
    if (!typing && !modified && event.key.length === 1 && event.key !== " ") {
      event.stopImmediatePropagation();
    }
  }, true);

  /* 2.1.1, 2.4.3: the buttons of the drawer and the search work by keyboard. */
  function setUpButtons() {
    var wide = matchMedia("(min-width: 76.25em)");
    var drawer = document.querySelector(".md-sidebar--primary");
    document.querySelectorAll("button[data-toggles]").forEach(function (button) {
      var box = document.getElementById(button.dataset.toggles);
      if (!box) return;
      button.addEventListener("click", function () { box.click(); });
      function sync() {
        button.setAttribute("aria-expanded", String(box.checked));
        if (button.dataset.toggles !== "__drawer" || !drawer) return;
        drawer.inert = !wide.matches && !box.checked;
        if (!wide.matches && box.checked) {
          var first = drawer.querySelector("a[href]");
          if (first) first.focus();
        }
      }
      box.addEventListener("change", sync);
      wide.addEventListener("change", sync);
      sync();
      document.addEventListener("keydown", function (event) {
        if (event.key === "Escape" && box.checked) { box.click(); button.focus(); }
      });
    });
  }

  /* 2.4.3, 2.4.11: a closed search is out of the tab order; it closes when left. */
  function setUpSearch() {
    var box = document.getElementById("__search");
    var dialog = document.querySelector(".md-search");
    if (!box || !dialog) return;
    var medium = matchMedia("(min-width: 60em)");
    var output = dialog.querySelector(".md-search__output");
    function sync() {
      output.inert = !box.checked;
      dialog.inert = !medium.matches && !box.checked;
    }
    box.addEventListener("change", sync);
    medium.addEventListener("change", sync);
    sync();
    document.addEventListener("focusin", function (event) {
      if (box.checked && !dialog.contains(event.target)) box.click();
    });
  }

  /* 1.3.1: landmarks that the theme adds after loading are none. */
  function setUpLateWidgets() {
    function mend() {
      document.querySelectorAll("nav.md-code__nav:not([role]), .md-search-result nav.md-tags:not([role])")
        .forEach(function (nav) { nav.setAttribute("role", "none"); });
    }
    mend();
    new MutationObserver(mend).observe(document.body, { childList: true, subtree: true });
  }

  /* 2.1.1: a table can be scrolled by keyboard while it overflows, and only then. */
  function setUpTables() {
    var tables = Array.prototype.slice.call(document.querySelectorAll(".table-scroll"));
    function heading(element) {
      while (element && !/^H[1-6]$/.test(element.tagName)) {
        element = element.previousElementSibling || element.parentElement;
      }
      return element ? ": " + element.firstChild.textContent.trim() : "";
    }
    var observer = new ResizeObserver(function (entries) {
      entries.forEach(function (entry) {
        var table = entry.target;
        if (table.scrollWidth > table.clientWidth + 1) {
          table.tabIndex = 0;
          table.setAttribute("role", "region");
          table.setAttribute("aria-label", "Table " + (tables.indexOf(table) + 1) + heading(table));
        } else {
          ["tabindex", "role", "aria-label"].forEach(function (name) { table.removeAttribute(name); });
        }
      });
    });
    tables.forEach(function (table) { observer.observe(table); });
  }

  /* 2.1.1: the same for code. The theme does so too, but late when it is busy. */
  function setUpCode() {
    var observer = new ResizeObserver(function (entries) {
      entries.forEach(function (entry) {
        var code = entry.target;
        if (code.scrollWidth > code.clientWidth) code.tabIndex = 0;
        else code.removeAttribute("tabindex");
      });
    });
    document.querySelectorAll("pre > code").forEach(function (code) { observer.observe(code); });
  }

  function setUp() {
    setUpButtons();
    setUpSearch();
    setUpLateWidgets();
    setUpTables();
    setUpCode();
  }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", setUp);
  else setUp();
})();
