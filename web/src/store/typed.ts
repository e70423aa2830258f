// What stands in the quick-add bar when the page goes: the next bar begins with it.
const item = 'cumulo.typed';

export function keepTyped(account: string, text: string) {
  if (text.trim()) localStorage.setItem(item, JSON.stringify([account, text]));
}

export const forgetTyped = () => localStorage.removeItem(item);

export function takeTyped(account: string): string {
  try {
    const [whose, text] = JSON.parse(localStorage.getItem(item) ?? '[]') as [string?, string?];
    if (whose !== account || !text) return '';
    forgetTyped();
    return `${text.trim()} `;
  } catch {
    return '';
  }
}
