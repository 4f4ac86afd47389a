// What scrolls and holds nothing that takes the focus must take it itself, or keys cannot reach its end (WCAG 2.1.1). What does not
// scroll is no stop on the way of the Tab key.
export function scrolls(node: HTMLElement) {
  const fit = () => {
    const more = node.scrollHeight > node.clientHeight || node.scrollWidth > node.clientWidth;
    if (more) node.tabIndex = 0;
    else if (document.activeElement !== node) node.removeAttribute("tabindex");
  };
  const size = new ResizeObserver(fit);
  const content = new MutationObserver(fit);
  size.observe(node);
  content.observe(node, { childList: true, subtree: true, characterData: true });
  return {
    destroy() {
      size.disconnect();
      content.disconnect();
    },
  };
}
