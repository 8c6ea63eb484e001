import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { AgentForm } from "./AgentForm";

createRoot(document.getElementById("root") as HTMLElement).render(
  <StrictMode>
    <h1>Create an agent</h1>
    <AgentForm />
  </StrictMode>,
);
