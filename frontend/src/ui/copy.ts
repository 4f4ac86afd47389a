/** Puts a text into the clipboard; false = it was refused. Call it from a click: no browser takes it from elsewhere. */
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
