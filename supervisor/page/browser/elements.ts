/** The element with this id; the page has it. */
export function byId(id: string): HTMLElement {
  return within(document, `#${id}`);
}

/** The first element below another one. */
export function within(parent: ParentNode, selector: string): HTMLElement {
  const found = parent.querySelector(selector);
  return theOne(found, HTMLElement, selector);
}

/** An element as what it is. */
export function theOne<Kind extends Element>(element: Element | null, kind: new () => Kind, name = ''): Kind {
  if (element instanceof kind) return element;
  throw new Error(`the page has no ${name || kind.name}`);
}

/** A new element with text, never with markup: what a run says is not trusted. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  { text, className, data = {} }: { text?: string; className?: string; data?: Record<string, string> } = {},
  ...children: readonly Node[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (className !== undefined) element.className = className;
  Object.assign(element.dataset, data);
  element.append(...children);
  return element;
}

/** Sets a text only where it is another one, so that nothing is read out twice. */
export function say(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Choices of which one is on, as radio buttons; `chosen` stays as it is where it is still there. */
export function offerChoices(
  group: HTMLElement,
  choices: readonly { readonly value: string; readonly label: string }[],
  onChange: (value: string) => void,
): void {
  const known = [...group.querySelectorAll('input')].map(({ value }) => value);
  if (known.join('\n') === choices.map(({ value }) => value).join('\n')) return;
  const chosen = group.querySelector<HTMLInputElement>('input:checked')?.value ?? choices[0]?.value;
  for (const label of group.querySelectorAll('label')) label.remove();
  for (const { value, label } of choices) {
    const input = document.createElement('input');
    input.type = 'radio';
    input.name = group.id;
    input.value = value;
    input.checked = value === chosen;
    input.addEventListener('change', () => onChange(value));
    group.append(make('label', {}, input, make('span', { text: label })));
  }
}
