import { register } from "./router.js";

register();
