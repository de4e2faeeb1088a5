// What is measured in a page. One expression: an object of functions.
(() => {
  const INVISIBLE = /[\s\u200b\u2007\ufeff\u034f]+/g;
  const LETTERS = /[\p{L}\p{N}]/u;

  const texts = () => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) {
      const node = walker.currentNode;
      const shown = node.parentElement.checkVisibility({ visibilityProperty: true });
      if (shown && node.data.replace(INVISIBLE, "")) found.push(node);
    }
    return found;
  };

  const name = (element) => element.innerText.trim().slice(0, 60) || element.outerHTML.slice(0, 80);

  // A link is in running text when its block says something beside links.
  const inRunningText = (link) => {
    const around = link.closest("p, li, td, h1, h2, h3, h4, blockquote, div");
    if (!around) return false;
    const block = around.cloneNode(true);
    block.querySelectorAll("a").forEach((other) => other.remove());
    return LETTERS.test(block.textContent);
  };

  return {
    // CSS pixels that stick out of the window at the side.
    overhang: () => document.documentElement.scrollWidth - window.innerWidth,

    headings: () =>
      [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].map((h) => Number(h.tagName[1])),

    smallTexts: (least) =>
      texts()
        .filter((node) => parseFloat(getComputedStyle(node.parentElement).fontSize) < least)
        .map((node) => node.data.trim().slice(0, 60)),

    lowLinks: (least) =>
      [...document.querySelectorAll("a[href]")]
        .filter((link) => link.checkVisibility() && !inRunningText(link))
        .filter((link) => link.getBoundingClientRect().height < least)
        .map((link) => `${name(link)}: ${link.getBoundingClientRect().height}`),

    // A field that is chosen from is pressed by its label as well.
    lowFields: (least) =>
      [...document.querySelectorAll("button, select, textarea, summary, input")]
        .filter((field) => field.checkVisibility() && field.tabIndex >= 0)
        .map((field) => (/^(radio|checkbox)$/.test(field.type) ? field.closest("label") : field))
        .filter((field) => field.getBoundingClientRect().height < least)
        .map((field) => `${name(field)}: ${field.getBoundingClientRect().height}`),

    // Where the words of all links are, line by line; they may stick out of the link's own box.
    linkLines: () =>
      [...document.querySelectorAll("a[href]")].flatMap((link) => {
        const range = document.createRange();
        range.selectNodeContents(link);
        return [...range.getClientRects()].map(({ left, right, top, bottom }) => ({
          left, right, top, bottom,
        }));
      }),

    pictures: () =>
      [...document.images].map((image) => ({
        alt: image.alt,
        colour: getComputedStyle(image).color,
        loaded: image.complete && image.naturalWidth > 0,
        width: image.getBoundingClientRect().width,
        height: image.getBoundingClientRect().height,
      })),

    words: () => document.body.innerText.replace(INVISIBLE, " ").trim(),

    withoutStyles: () => document.querySelectorAll("style").forEach((style) => style.remove()),

    // As a browser does that enlarges the text alone: sizes are read first, then all are set.
    enlargeText: (factor) => {
      const sizes = [...document.body.querySelectorAll("*")].map((element) => {
        const { fontSize, lineHeight } = getComputedStyle(element);
        return [element, parseFloat(fontSize), parseFloat(lineHeight)];
      });
      for (const [element, size, line] of sizes) {
        element.style.setProperty("font-size", `${size * factor}px`, "important");
        if (line) element.style.setProperty("line-height", `${line * factor}px`, "important");
      }
    },

    ground: () => getComputedStyle(document.body).backgroundColor,
  };
})()
