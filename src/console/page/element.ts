export type Child = Node | string | number | undefined | false | readonly Child[]

interface Attributes {
  readonly [name: string]: string | number | boolean | undefined | ((event: Event) => void)
}

/**
 * An element with its attributes and children. A function is a listener (`onclick`); what is undefined
 * or false is left out. Text is only ever text.
 */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') made.addEventListener(name.replace(/^on/, ''), value)
    else if (value === true) made.setAttribute(name, '')
    else if (value !== undefined && value !== false) made.setAttribute(name, String(value))
  }
  append(made, children)
  return made
}

/** Puts children in the place of what is there; who was on one of it is put on the one that took its place. */
export function fill(parent: Element, ...children: readonly Child[]): void {
  const at = focusable(parent).findIndex((each) => each.matches(':focus'))
  parent.replaceChildren()
  append(parent, children)
  if (at >= 0) focusable(parent)[at]?.focus({ preventScroll: true })
}

function focusable(parent: Element): HTMLElement[] {
  return [...parent.querySelectorAll<HTMLElement>('a[href], button, input, select, [tabindex="0"]')]
}

/** Sets styles through the object model: the page's policy allows no style attributes. */
export function styled<E extends HTMLElement>(
  element: E,
  styles: Readonly<Record<string, string>>,
): E {
  for (const [name, value] of Object.entries(styles)) element.style.setProperty(name, value)
  return element
}

function append(parent: Element, children: readonly Child[]): void {
  for (const child of children) {
    if (child === undefined || child === false) continue
    if (isList(child)) append(parent, child)
    else parent.append(child instanceof Node ? child : String(child))
  }
}

function isList(child: Child): child is readonly Child[] {
  return Array.isArray(child)
}
