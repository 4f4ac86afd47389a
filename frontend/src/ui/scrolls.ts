// What scrolls says so: it fades where it goes on (`data-more`), since no scrollbar is seen until one scrolls.
//
// What holds nothing that takes the focus must take it itself, or keys cannot reach its end (WCAG 2.1.1). What does not scroll is
// no stop on the way of the Tab key. `stop` is false for what holds such things.
export function scrolls(node: HTMLElement, stop = true) {
  const fit = () => {
    const down = node.scrollHeight - node.clientHeight;
    const more = down > 0 || node.scrollWidth > node.clientWidth;
    if (stop && more) node.tabIndex = 0;
    else if (stop && document.activeElement !== node) node.removeAttribute("tabindex");
    // Parts of a pixel are no more.
    const [above, below] = [node.scrollTop > 1, node.scrollTop < down - 1];
    if (above || below) node.dataset.more = above && below ? "both" : above ? "above" : "below";
    else delete node.dataset.more;
  };
  const size = new ResizeObserver(fit);
  const content = new MutationObserver(fit);
  size.observe(node);
  content.observe(node, { childList: true, subtree: true, characterData: true });
  node.addEventListener("scroll", fit, { passive: true });
  return {
    destroy() {
      size.disconnect();
      content.disconnect();
      node.removeEventListener("scroll", fit);
    },
  };
}
