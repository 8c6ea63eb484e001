// One page for all forms; `?form=NAME` selects one.
import type { ComponentType } from "react";
import { createRoot } from "react-dom/client";
import { ConformFlat, ConformNested } from "./conform.js";
import { FormischForm } from "./formisch.js";
import { HookFormFlat, HookFormNested } from "./react-hook-form.js";
import { TanStackFlat, TanStackNested } from "./tanstack.js";

const forms: Readonly<Record<string, ComponentType>> = {
  "react-hook-form": HookFormNested,
  "react-hook-form-flat": HookFormFlat,
  tanstack: TanStackNested,
  "tanstack-flat": TanStackFlat,
  conform: ConformNested,
  "conform-flat": ConformFlat,
  formisch: FormischForm,
};

const Form = forms[new URLSearchParams(location.search).get("form") ?? ""];
if (Form !== undefined) createRoot(document.getElementById("root") as HTMLElement).render(<Form />);
