/* What a reader types, made findable. The theme's own worker does the searching; this one
   stands before it, because the theme takes each word for the beginning of a word and
   ranks a page by its one best section. So "a" and "not" match half of the index, a word before
   a colon gets lost (most error messages have one), "checksums" misses "checksum",
   "access" finds "accessibility" just as well, and a page with one rare word comes before
   a page with all the words.

   The pages' words are most of the site's weight, so they come when somebody searches: until
   then the theme gets an index of no page. */
"use strict";

const SETUP = 0, READY = 1, QUERY = 2, RESULT = 3; // the theme's types of messages
const PAGES = new URL("../../../{pages}", self.location);
const send = self.postMessage.bind(self);
let typed = [];
let setUp = null; // how the theme wants its index, while that has no page
let waiting = null; // the query that the pages are fetched for

self.addEventListener("message", function (event) {
  const { type, data } = event.data;
  if (type === SETUP) setUp = data.docs.length ? null : data;
  if (type === QUERY && setUp && data.trim()) {
    event.stopImmediatePropagation();
    if (!waiting) fetchPages();
    waiting = event.data;
  }
});

async function fetchPages() {
  try {
    const { docs } = await (await fetch(PAGES)).json();
    const data = { type: SETUP, data: { ...setUp, docs } };
    self.dispatchEvent(new MessageEvent("message", { data }));
  } catch (error) {
    waiting = null; // the next letter tries again
    throw error;
  }
}

self.addEventListener("message", function (event) {
  if (event.data.type !== QUERY || event.data.isApproximate) return;
  typed = words(event.data.data);
  event.data.data = typed.map((word) => word + "^2 " + word).join(" "); // whole, or begun
});

self.postMessage = function (message) {
  if (message.type === READY && waiting) {
    const data = waiting;
    waiting = null;
    return self.dispatchEvent(new MessageEvent("message", { data }));
  }
  if (message.type === RESULT) {
    const long = typed.filter((word) => word.length > 4);
    typed = [];
    if (!message.data.items.length && long.length) return askApproximately(long);
    message.data.items.forEach(arrange);
    message.data.items.sort((one, other) => other[0].score - one[0].score);
  }
  send(message);
};

/* The words that say something, in the singular. */
function words(text) {
  const all = text.toLowerCase().split(/[^\p{L}\p{N}.]+|\.(?!\d)/u).filter(Boolean);
  const telling = all.filter((word) => lunr.stopWordFilter(word));
  const kept = telling.length ? telling : all;
  return kept.map((word) => word.replace(/(\p{L}{2}[^isu])s$/u, "$1"));
}

/* Nothing was found: one letter of each word may be wrong. */
function askApproximately(long) {
  const query = long.map((word) => word + "~1").join(" ");
  const data = { type: QUERY, data: query, isApproximate: true };
  self.dispatchEvent(new MessageEvent("message", { data }));
}

/* Weigh a page by the share of the words that it has. Show the section that is meant, and
   of the tags only those that were found. */
function arrange(sections) {
  const found = {};
  for (const { terms } of sections)
    for (const word in terms) found[word] = found[word] || terms[word];
  const hits = Object.values(found);
  const share = hits.filter(Boolean).length / hits.length || 1;

  const page = sections.find((section) => !section.location.includes("#"));
  const meant = sections.find((one) => one !== page && isMarked(one.title + one.text));
  for (const section of sections) {
    const tags = section === page && page.tags ? page.tags.filter(isMarked) : [];
    section.tags = tags.length ? tags : undefined;
    section.text = fromMark(section.text);
  }
  const first = meant || page;
  first.score = page.score = sections[0].score * share ** 3;
  sections.splice(sections.indexOf(first), 1);
  sections.unshift(first);
}

function isMarked(html) {
  return html.includes("<mark");
}

/* A long text without paragraphs, such as a table, from shortly before what was found. */
function fromMark(html) {
  const mark = html.indexOf("<mark");
  const start = html.lastIndexOf(">", mark) + 1;
  if (mark - start < 200) return html;
  return html.slice(0, start) + "… " + html.slice(html.indexOf(" ", mark - 100) + 1);
}

importScripts("{theme}");
