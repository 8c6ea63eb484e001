// The page as an application of the system: it works offline. Offered in the view of the connection, not by the browser itself.
import { signal } from "@preact/signals";

/** `beforeinstallprompt`, which only some browsers have. */
interface InstallEvent extends Event {
  prompt(): Promise<unknown>;
}

/** Asks the browser to install the page; `undefined` where it does not offer that. */
export const install = signal<(() => void) | undefined>(undefined);

/** Waits for the browser's offer. Called once. */
export function watchInstall(): void {
  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    install.value = () => {
      // An offer can be taken once.
      install.value = undefined;
      void (event as InstallEvent).prompt();
    };
  });
  addEventListener("appinstalled", () => {
    install.value = undefined;
  });
}
