// A button that opens a menu where it was pressed: `menu` and `menuitem` of the ARIA Authoring Practices.
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Icon, type IconName } from "./icons.js";
import "./menu.css";

export interface MenuItem {
  readonly label: string;
  readonly icon?: IconName;
  /** A key that does the same. */
  readonly shortcut?: string;
  /** What stands at the right. */
  readonly hint?: ComponentChildren;
  /** Why the action rests. */
  readonly rests?: string | undefined;
  readonly run: () => void;
  /** Whether a line stands above the item. */
  readonly apart?: boolean;
}

interface Placed {
  readonly top: number;
  readonly left: number;
}

export function MenuButton({
  label,
  items,
  children,
  icon = "dots",
  class: className = "button is-quiet icon-only",
}: {
  /** The accessible name; it names the row as well. */
  readonly label: string;
  readonly items: readonly MenuItem[];
  /** The visible content, instead of the icon alone. */
  readonly children?: ComponentChildren;
  readonly icon?: IconName;
  readonly class?: string;
}): JSX.Element {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const close = (refocus: boolean): void => {
    setOpen(false);
    if (refocus) button.current?.focus();
  };
  return (
    <>
      <button
        ref={button}
        type="button"
        class={className}
        aria-label={label}
        aria-haspopup="menu"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown" || event.key === "ArrowUp") {
            event.preventDefault();
            setOpen(true);
          }
        }}
      >
        {children ?? <Icon name={icon} />}
        {children !== undefined && <Icon name="down" />}
      </button>
      {open && <Menu label={label} items={items} anchor={button.current} onClose={close} />}
    </>
  );
}

function Menu({
  label,
  items,
  anchor,
  onClose,
}: {
  readonly label: string;
  readonly items: readonly MenuItem[];
  readonly anchor: HTMLElement | null;
  readonly onClose: (refocus: boolean) => void;
}): JSX.Element {
  const menu = useRef<HTMLDivElement>(null);
  const [placed, setPlaced] = useState<Placed | undefined>(undefined);

  useLayoutEffect(() => {
    const { width, height } = menu.current?.getBoundingClientRect() ?? { width: 0, height: 0 };
    const at = anchor?.getBoundingClientRect();
    if (at === undefined) return;
    const below = at.bottom + 4;
    setPlaced({
      top: below + height <= window.innerHeight - 8 ? below : Math.max(8, at.top - 4 - height),
      left: Math.min(Math.max(8, at.right - width), window.innerWidth - width - 8),
    });
  }, []);
  useLayoutEffect(() => {
    if (placed !== undefined) menu.current?.querySelector<HTMLElement>("[role=menuitem]")?.focus({ preventScroll: true });
  }, [placed]);
  useEffect(() => {
    const outside = (event: PointerEvent): void => {
      if (!(event.target instanceof Node)) return;
      if (menu.current?.contains(event.target) !== true && anchor?.contains(event.target) !== true) onClose(false);
    };
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, []);

  const pressed = (event: KeyboardEvent): void => {
    const all = [...(menu.current?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? [])];
    const at = all.indexOf(document.activeElement as HTMLElement);
    const to = {
      ArrowDown: (at + 1) % all.length,
      ArrowUp: (at - 1 + all.length) % all.length,
      Home: 0,
      End: all.length - 1,
    }[event.key];
    if (to !== undefined) all[to]?.focus();
    else if (event.key === "Escape") onClose(true);
    else if (event.key === "Tab") return onClose(true);
    else {
      if (event.key.length !== 1 || event.ctrlKey || event.metaKey || event.altKey || event.key === " ") return;
      // An item is reached by its first letter.
      const order = [...all.slice(at + 1), ...all.slice(0, at + 1)];
      order.find((item) => item.textContent?.trim().toLowerCase().startsWith(event.key.toLowerCase()))?.focus();
    }
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div
      ref={menu}
      class="menu"
      role="menu"
      aria-label={label}
      style={placed === undefined ? { visibility: "hidden" } : { top: `${placed.top}px`, left: `${placed.left}px` }}
      onKeyDown={pressed}
    >
      {items.map((item) => (
        <button
          key={item.label}
          type="button"
          role="menuitem"
          tabIndex={-1}
          class={item.apart === true ? "menu-item is-apart" : "menu-item"}
          aria-disabled={item.rests === undefined ? undefined : "true"}
          aria-keyshortcuts={item.shortcut}
          onClick={() => {
            if (item.rests !== undefined) return;
            onClose(true);
            item.run();
          }}
        >
          {item.icon !== undefined && <Icon name={item.icon} />}
          <span class="menu-word">{item.label}</span>
          {item.rests === undefined && item.shortcut !== undefined && <kbd aria-hidden="true">{item.shortcut}</kbd>}
          {item.rests === undefined ? item.hint : <span class="menu-reason">{item.rests}</span>}
        </button>
      ))}
    </div>
  );
}
