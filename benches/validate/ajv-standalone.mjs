import { fromAjv } from "./ajv-result.mjs";
import check from "../.generated/ajv-standalone.mjs";

export default fromAjv("ajv standalone", check);
