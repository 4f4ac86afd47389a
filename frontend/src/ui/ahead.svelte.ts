/**
 * A text that is read before it is asked for: a clipboard takes one only at once, from a click. It is read anew when what `read`
 * looks at changes; null = not there yet, or `read` had none.
 */
export function ahead(read: () => Promise<string | null> | null): { readonly text: string | null } {
  let text: string | null = $state(null);
  $effect(() => {
    let wanted = true;
    text = null;
    void read()?.then((got) => {
      if (wanted) text = got;
    });
    return () => (wanted = false);
  });
  return {
    get text() {
      return text;
    },
  };
}
